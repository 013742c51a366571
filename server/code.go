package server

import "errors"

// CodeOf is the code of an error that Read, Call or a Response tells, as clients see it: NotAllowed, Unavailable, NotFound, Deadline, … Others have none: "".
func CodeOf(err error) Code {
	if e := (*Error)(nil); errors.As(err, &e) {
		return e.Code
	}
	return ""
}
