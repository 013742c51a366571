package server

// PublicURL is how this server is reached from outside, like https://wab.example, for links that a CA hands out. It is empty where whoever made the server has not said.
func (tx *Tx) PublicURL() string { return tx.class.srv.opt.PublicURL }
