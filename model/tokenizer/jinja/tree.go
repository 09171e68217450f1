package jinja

// node is a statement.
type node interface {
	exec(r *run, s *scope) error
}

// expr is an expression.
type expr interface {
	eval(r *run, s *scope) (any, error)
}

// Statements.
type (
	data  string
	print struct {
		line int
		of   expr
	}
	ifElse struct {
		line       int
		cond       expr
		then, rest []node
	}
	forLoop struct {
		line   int
		names  []string
		over   expr
		filter expr // nil: none
		body   []node
		rest   []node // when there is nothing to loop over
	}
	set struct {
		line  int
		names []string // one, or several to take a value apart
		attr  string   // of a namespace, or ""
		value expr     // nil: the body
		body  []node
		pipe  []filterCall // what is done to the body
	}
	with struct {
		line   int
		names  []string
		values []expr
		body   []node
	}
	macroDef struct {
		line     int
		name     string
		params   []string
		defaults []expr // of the last parameters
		body     []node
	}
	callBlock struct {
		line  int
		call  *call
		macro *macroDef
	}
	filterBlock struct {
		line int
		pipe []filterCall
		body []node
	}
	jump struct{ err error } // break or continue
)

// Expressions.
type (
	literal struct{ value any }
	name    struct{ name string }
	// collection is a list, or a tuple.
	collection struct {
		items []expr
		tuple bool
	}
	mapping struct{ keys, values []expr }
	unary   struct {
		op string
		of expr
	}
	binary struct {
		op          string
		left, right expr
	}
	// comparison is a chain: left op[0] of[0] op[1] of[1] ...
	comparison struct {
		left expr
		ops  []string
		of   []expr
	}
	ternary struct{ cond, then, rest expr }
	attr    struct {
		of   expr
		name string
	}
	index struct{ of, at expr }
	slice struct{ of, start, stop, step expr }
	call  struct {
		of   expr
		args []expr
		kw   []keyword
	}
	keyword struct {
		name  string
		value expr
	}
	filtered struct {
		of   expr
		call filterCall
	}
	filterCall struct {
		line int
		name string
		f    filter
		args []expr
		kw   []keyword
	}
	tested struct {
		of     expr
		name   string
		f      test
		args   []expr
		negate bool
	}
)
