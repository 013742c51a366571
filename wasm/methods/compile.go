package main

import (
	"errors"

	"go.starlark.net/lib/math"
	"go.starlark.net/resolve"
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

const (
	maxSource = 64 << 10
	// What is kept compiled. Programs hold code only, no values of any call.
	maxPrograms     = 64
	maxProgramBytes = 1 << 20
)

var (
	dialect     = &syntax.FileOptions{Set: true}
	predeclared = starlark.StringDict{"math": math.Module}
)

// identity of a program: the method's name and all of its source, arguments' names and order included.
type identity struct{ name, source string }

// programs keeps what was compiled. When it is full, it begins anew.
type programs struct {
	kept  map[identity]*starlark.Program
	bytes int
}

func newPrograms() *programs { return &programs{kept: map[identity]*starlark.Program{}} }

func (p *programs) compile(name, source string) (*starlark.Program, *failure) {
	id := identity{name, source}
	if prog := p.kept[id]; prog != nil {
		return prog, nil
	}
	prog, err := compile(name, source)
	if err != nil {
		return nil, err
	}
	p.keep(id, prog)
	return prog, nil
}

func (p *programs) keep(id identity, prog *starlark.Program) {
	if len(p.kept) >= maxPrograms || p.bytes+len(id.source) > maxProgramBytes {
		clear(p.kept)
		p.bytes = 0
	}
	p.kept[id] = prog
	p.bytes += len(id.source)
}

func compile(name, source string) (*starlark.Program, *failure) {
	if len(source) > maxSource {
		return nil, &failure{kind: kindSource, method: name, message: "the source has more than 64 KiB"}
	}
	file, err := dialect.Parse(name, source, 0)
	if err != nil {
		return nil, sourceFailure(name, err)
	}
	if err := checkShape(file, name); err != nil {
		return nil, err
	}
	prog, err := starlark.FileProgram(file, predeclared.Has)
	if err != nil {
		return nil, sourceFailure(name, err)
	}
	return prog, nil
}

// checkShape looks for the method's function and its parameter for the map, and refuses load.
func checkShape(file *syntax.File, name string) *failure {
	found := false
	for _, stmt := range file.Stmts {
		switch stmt := stmt.(type) {
		case *syntax.LoadStmt:
			return at(name, stmt.Load, "load is not available: a method stands alone")
		case *syntax.DefStmt:
			if stmt.Name.Name != name {
				continue
			}
			found = true
			if !takesMap(stmt) {
				return at(name, stmt.Name.NamePos, "def "+name+" needs the map as its first parameter: def "+name+"(m)")
			}
		}
	}
	if !found {
		return &failure{kind: kindSource, method: name, message: "the source lacks def " + name + "(m)"}
	}
	return nil
}

func takesMap(def *syntax.DefStmt) bool {
	if len(def.Params) == 0 {
		return false
	}
	_, plain := def.Params[0].(*syntax.Ident)
	return plain
}

func at(name string, pos syntax.Position, message string) *failure {
	return &failure{kind: kindSource, method: name, message: message, line: int(pos.Line), column: int(pos.Col)}
}

// sourceFailure takes the first of the parser's or resolver's errors.
func sourceFailure(name string, err error) *failure {
	var parse syntax.Error
	var names resolve.ErrorList
	switch {
	case errors.As(err, &parse):
		return at(name, parse.Pos, parse.Msg)
	case errors.As(err, &names) && len(names) > 0:
		return at(name, names[0].Pos, names[0].Msg)
	}
	return &failure{kind: kindSource, method: name, message: err.Error()}
}
