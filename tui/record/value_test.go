package record

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"image/color"
	"math"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"tiller/tui/engine"
)

// awkward are values that a careless format would not bring back.
var (
	awkwardTexts  = []string{"", "a", "\x00\x1b[2J", "a\xffb", "日本\u202e", "\"\\\n", "\U0001f600", "\u2028<&>", "\ufffd"}
	awkwardFloats = []float64{0, math.Copysign(0, -1), 1, -0.1, math.Pi, 5e-324, math.MaxFloat64, math.Inf(1), math.Inf(-1), math.NaN(), 1e21, 0.30000001192092896}
)

// fill gives a value all of whose parts are awkward at random.
func fill(r *rand.Rand, v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 1)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(int64(r.IntN(200) - 100))
		if v.Kind() == reflect.Int && r.IntN(4) == 0 {
			v.SetInt(math.MinInt64)
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(r.IntN(200)))
		if v.Kind() == reflect.Uint64 {
			v.SetUint(math.MaxUint64)
		}
	case reflect.Float32, reflect.Float64:
		v.SetFloat(awkwardFloats[r.IntN(len(awkwardFloats))])
	case reflect.String:
		v.SetString(awkwardTexts[r.IntN(len(awkwardTexts))])
	case reflect.Pointer:
		if r.IntN(3) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(r, v.Elem())
		}
	case reflect.Slice:
		if n := r.IntN(4); n > 0 {
			v.Set(reflect.MakeSlice(v.Type(), n-1, n-1))
			for i := range n - 1 {
				fill(r, v.Index(i))
			}
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range r.IntN(3) {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(r, key)
			fill(r, value)
			v.SetMapIndex(key, value)
		}
	case reflect.Struct:
		if v.Type() == timeType {
			v.Set(reflect.ValueOf(time.Unix(int64(r.IntN(1e9)), int64(r.IntN(1e9))).In(time.FixedZone("", 3600*r.IntN(12)))))
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).Tag.Get("json") != "-" {
				fill(r, v.Field(i))
			}
		}
	case reflect.Interface:
		v.Set(reflect.ValueOf(color.RGBA64{R: uint16(r.IntN(65536)), G: 65535, B: 1, A: 65535}))
	}
}

// TestEveryKind writes and reads messages of every kind, full of what is
// awkward: the same comes back.
func TestEveryKind(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	writer, reader := newCoder(), newCoder()
	for _, k := range kinds {
		for range 50 {
			v := reflect.New(k.holds).Elem()
			fill(r, v)
			msg := v.Interface()
			if s, ok := msg.(streamed); ok {
				s.Begun, s.Ended, s.Done, s.Tokens = nil, nil, false, append(s.Tokens, engine.Token{})
				msg = s
			}
			text, err := writer.appendMessage(nil, msg)
			if err != nil {
				t.Fatalf("%s: %v", k.name, err)
			}
			if !json.Valid(text) || slices.ContainsFunc([]rune(string(text)), func(r rune) bool { return r < ' ' || r == '\u202e' || r == '\u2028' }) {
				t.Fatalf("%s is %q", k.name, text)
			}
			back, err := k.read(reader, text)
			if err != nil {
				t.Fatalf("%s: %v: %s", k.name, err, text)
			}
			if s, ok := msg.(streamed); ok {
				msg = engine.Generated(s)
			}
			if !same(reflect.ValueOf(msg), reflect.ValueOf(back)) {
				t.Fatalf("%s: %s\n%+v\n%+v", k.name, text, msg, back)
			}
		}
	}
}

// same is [reflect.DeepEqual] for which NaN is itself, -0 is not 0, and times
// are moments in a zone.
func same(a, b reflect.Value) bool {
	if a.Kind() != b.Kind() || a.Type() != b.Type() {
		return false
	}
	switch a.Kind() {
	case reflect.Float32, reflect.Float64:
		x, y := a.Float(), b.Float()
		return math.IsNaN(x) && math.IsNaN(y) || math.Float64bits(x) == math.Float64bits(y)
	case reflect.Pointer, reflect.Interface:
		return a.IsNil() == b.IsNil() && (a.IsNil() || same(a.Elem(), b.Elem()))
	case reflect.Slice:
		if a.IsNil() != b.IsNil() || a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !same(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Map:
		if a.Len() != b.Len() {
			return false
		}
		for _, key := range a.MapKeys() {
			if v := b.MapIndex(key); !v.IsValid() || !same(a.MapIndex(key), v) {
				return false
			}
		}
		return true
	case reflect.Struct:
		if a.Type() == timeType {
			return a.Interface().(time.Time).Format(time.RFC3339Nano) == b.Interface().(time.Time).Format(time.RFC3339Nano)
		}
		for i := range a.NumField() {
			if !same(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	}
	return a.Interface() == b.Interface()
}

// TestLayouts finds nothing in messages that a log would lose.
func TestLayouts(t *testing.T) {
	for typ := range layouts {
		names := map[string]bool{}
		for i := range typ.NumField() {
			f := typ.Field(i)
			name := strings.ToLower(f.Name)
			if names[name] {
				t.Errorf("%s has two fields %q", typ, name)
			}
			names[name] = true
			if f.PkgPath != "" {
				t.Errorf("%s.%s is not exported", typ, f.Name)
			}
			switch f.Type.Kind() {
			case reflect.Func, reflect.Chan, reflect.Complex64, reflect.Complex128, reflect.Array, reflect.Uintptr, reflect.UnsafePointer:
				t.Errorf("%s.%s is a %s", typ, f.Name, f.Type)
			case reflect.Interface:
				if typ != reflect.TypeFor[tea.BackgroundColorMsg]() {
					t.Errorf("%s.%s is a %s", typ, f.Name, f.Type)
				}
			}
		}
	}
	if len(byName) != len(kinds) || len(byType) != len(kinds) {
		t.Error("a kind stands twice in the table")
	}
}

// TestNothingIsForgotten reads the source of the screen: each type of message
// that something there is written for has its row in the table, and so has each
// answer of the engine.
func TestNothingIsForgotten(t *testing.T) {
	have := map[string]bool{}
	for _, k := range kinds {
		have[strings.TrimPrefix(k.holds.String(), "record.")] = true
		have[k.holds.String()] = true
	}
	found := 0
	for _, file := range sources(t, "..") {
		folder := filepath.Base(filepath.Dir(file.path))
		for _, name := range messages(file.tree, folder) {
			found++
			if !have[name] && !have[strings.TrimPrefix(name, folder+".")] {
				t.Errorf("%s looks at the message %s, for which a log has no place", file.path, name)
			}
		}
		if folder != "engine" {
			continue
		}
		for _, name := range answers(file.tree) {
			found++
			if !have["engine."+name] {
				t.Errorf("%s brings %s, for which a log has no place", file.path, name)
			}
		}
	}
	if found < 50 {
		t.Errorf("only %d messages were found", found)
	}
}

type source struct {
	path string
	tree *ast.File
}

// sources are the files of package tui and of those below it that it is made
// of; this one is left out.
func sources(t *testing.T, root string) []source {
	var all []source
	seen := map[string]bool{"record": true}
	for folders := []string{"."}; len(folders) > 0; folders = folders[1:] {
		paths, err := filepath.Glob(filepath.Join(root, folders[0], "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			tree, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, source{path, tree})
			for _, i := range tree.Imports {
				if folder, ok := strings.CutPrefix(strings.Trim(i.Path.Value, `"`), "tiller/tui/"); ok && !seen[folder] {
					seen[folder] = true
					folders = append(folders, folder)
				}
			}
		}
	}
	return all
}

// messages are the types that a file tells messages apart by, in functions that
// are given one.
func messages(tree *ast.File, folder string) []string {
	var names []string
	add := func(e ast.Expr) {
		switch e := e.(type) {
		case *ast.SelectorExpr:
			names = append(names, e.X.(*ast.Ident).Name+"."+e.Sel.Name)
		case *ast.Ident:
			if ast.IsExported(e.Name) && e.Name != "Written" { // an alias of the engine's
				names = append(names, folder+"."+e.Name)
			}
		}
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		f, ok := n.(*ast.FuncDecl)
		if !ok || !takesMessage(f) {
			return true
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.TypeSwitchStmt:
				for _, clause := range n.Body.List {
					for _, e := range clause.(*ast.CaseClause).List {
						add(e)
					}
				}
			case *ast.TypeAssertExpr:
				if n.Type != nil {
					add(n.Type)
				}
			}
			return true
		})
		return false
	})
	return names
}

// takesMessage reports whether a function has a parameter of type tea.Msg.
func takesMessage(f *ast.FuncDecl) bool {
	return slices.ContainsFunc(f.Type.Params.List, func(p *ast.Field) bool {
		s, ok := p.Type.(*ast.SelectorExpr)
		return ok && s.Sel.Name == "Msg"
	})
}

// answers are the exported structs of a file that carry a generation.
func answers(tree *ast.File) []string {
	var names []string
	ast.Inspect(tree, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok || !spec.Name.IsExported() {
			return true
		}
		if s, ok := spec.Type.(*ast.StructType); ok && slices.ContainsFunc(s.Fields.List, func(f *ast.Field) bool {
			return slices.ContainsFunc(f.Names, func(name *ast.Ident) bool { return name.Name == "Gen" })
		}) {
			names = append(names, spec.Name.Name)
		}
		return true
	})
	return names
}
