package steering

import "strings"

// Layers says at which layers a term acts. The zero value is the vector's own.
type Layers struct {
	Kind LayersKind
	// Items are the ranges named, as written; a layer named twice counts once.
	Items []Span
}

// Span is the range From..To, both included; Embed..Embed is the layer before
// block 0.
type Span struct{ From, To int }

// LayersKind is how layers are chosen.
type LayersKind uint8

// The ways to choose layers.
const (
	OwnLayers   LayersKind = iota // those the vector has directions for
	AllLayers                     // every layer of the model (one direction), or all the vector has
	NamedLayers                   // Items
)

// String is the canonical text.
func (l Layers) String() string {
	switch l.Kind {
	case OwnLayers:
		return "own"
	case AllLayers:
		return "all"
	}
	items := make([]string, len(l.Items))
	for i, item := range l.Items {
		if item.From == Embed {
			items[i] = "embed"
		} else {
			items[i] = formatSpan(item.From, item.To)
		}
	}
	return strings.Join(items, "+")
}

// layers reads the part after "@".
func (c *cursor) layers() (Layers, *Error) {
	l := Layers{Kind: NamedLayers}
	for {
		item, err := c.layerItem(&l)
		if err != nil {
			return Layers{}, err
		}
		if l.Kind != NamedLayers {
			return l, nil
		}
		l.Items = append(l.Items, item)
		if !c.take('+') {
			return l, nil
		}
	}
}

// layerItem reads one item. "all" and "own", which stand alone, set l's kind.
func (c *cursor) layerItem(l *Layers) (Span, *Error) {
	if isDigit(c.peek()) {
		from, to, err := c.span("a layer", maxLayer)
		return Span{from, to}, err
	}
	at := c.at
	word := c.run(isLetter)
	switch {
	case word == "embed":
		return Span{Embed, Embed}, nil
	case word == "all" && len(l.Items) == 0:
		l.Kind = AllLayers
	case word == "own" && len(l.Items) == 0:
		l.Kind = OwnLayers
	case word == "all" || word == "own":
		return Span{}, c.fail(at, "%q stands alone; leave out the other layers", word)
	default:
		c.at = at
		return Span{}, c.fail(at, "a layer is a number, a range such as 2-3, \"embed\", \"all\" or \"own\", but %s", c.found())
	}
	return Span{}, nil
}
