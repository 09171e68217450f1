package keys

// defaults is the key map that tiller comes with, in the order in which help shows it. Only keys
// that plain terminals can send stand here: ctrl+m, ctrl+i, ctrl+[ and ctrl+h arrive as other
// keys, shift+enter often as enter.
func defaults() []Binding {
	at := func(where Context, bindings ...Binding) []Binding {
		for i := range bindings {
			bindings[i].Where = where
		}
		return bindings
	}
	var all []Binding
	for _, some := range [][]Binding{
		at(Everywhere, everywhere()...),
		at(Compare, compare()...),
		at(Cursor, cursor()...),
		at(Layers, layers()...),
		at(Vectors, vectors()...),
		at(Plan, plan()...),
		at(Sweep, sweep()...),
		at(Settings, settings()...),
		at(Browse, browse()...),
		at(Typing, typing()...),
		at(List, list()...),
	} {
		all = append(all, some...)
	}
	return all
}

// bind is a row of the tables below: an action, what it does in a few words and in a sentence, and
// its keys.
func bind(action Action, help, long string, keys ...string) Binding {
	return Binding{Action: action, Keys: keys, Help: help, Long: long}
}

// over is a binding that in its context knowingly takes a key from what it does elsewhere.
func over(elsewhere Action, b Binding) Binding {
	b.Over = append(b.Over, elsewhere)
	return b
}

func everywhere() []Binding {
	return []Binding{
		bind(Generate, "generate", "Generate the answers of all lanes anew.", "enter"),
		bind(Type, "type", "Type text: the question, or the plan's text in Plan.", "i"),
		bind(Back, "back", "Leave what is open: a list, a selection, a view.", "esc"),
		bind(Interrupt, "stop", "Stop what runs; pressed again, quit.", "ctrl+c"),
		bind(Quit, "quit", "Quit; asks only when work would be lost.", "q"),
		bind(Palette, "commands", "Find a command by its name and run it.", ":", "ctrl+p"),
		bind(Help, "keys", "Show the keys that do something here.", "?", "f1"),

		bind(GoCompare, "compare", "Go to Compare: base and steered answers side by side.", "g c"),
		bind(GoCursor, "token", "Go to Cursor: both models' next-token probabilities at one token.", "g t"),
		bind(GoLayers, "layers", "Go to Layers: a map of layers and positions.", "g l"),
		bind(GoVectors, "vectors", "Go to Vectors: the library of vectors.", "g v"),
		bind(GoPlan, "plan", "Go to Plan: all that is done to a lane.", "g p"),
		bind(GoSweep, "sweep", "Go to Sweep: layers and strengths tried on some problems.", "g s"),
		bind(GoSettings, "settings", "Go to Settings: theme, colours, mouse and more.", "g ,"),

		bind(Stronger, "stronger", "Raise the strength of the current term.", "+", "="),
		bind(Weaker, "weaker", "Lower the strength of the current term.", "-"),
		bind(Neutral, "neutral", "Set the strength of the current term to where it does nothing.", "0"),
		bind(LayerDown, "layer down", "Move the current term a layer down.", "<"),
		bind(LayerUp, "layer up", "Move the current term a layer up.", ">"),
		bind(PreviousTerm, "previous term", "Give the dials to the term before.", "["),
		bind(NextTerm, "next term", "Give the dials to the next term.", "]"),
		bind(CycleSelector, "where", "Change which positions the current term edits: the next selector.", "S"),
		bind(CycleVector, "vector", "Change which vector the current term uses: the next one loaded.", "V"),
		bind(Derive, "derive", "Make a vector for this model from contrast texts.", "D"),
		bind(Undo, "undo", "Take the last change of the plan back.", "u"),
		bind(Redo, "redo", "Make the change again that was taken back.", "ctrl+r"),

		bind(NextProblem, "next problem", "Ask the next example problem.", "}"),
		bind(PreviousProblem, "previous problem", "Ask the example problem before.", "{"),
		bind(Open, "open", "Open a model.", "ctrl+o"),
		bind(Save, "save", "Save what this view shows: the plan, a lane, a vector, a sweep.", "w"),
		bind(Copy, "copy", "Copy an answer, their difference, the plan, or the command that repeats this.", "y"),
		bind(Record, "record", "Record this sitting into a file, or end that.", "R"),
		bind(Bookmark, "bookmark", "Mark this place of the recording, with a note.", "m", "M"),

		bind(NextPane, "next pane", "Move to the next pane.", "tab"),
		bind(PreviousPane, "previous pane", "Move to the pane before.", "shift+tab"),
		bind(Left, "left", "Move left.", "h", "left"),
		bind(Down, "down", "Move down.", "j", "down"),
		bind(Up, "up", "Move up.", "k", "up"),
		bind(Right, "right", "Move right.", "l", "right"),
		bind(WordLeft, "word left", "Move a word to the left.", "b", "ctrl+left"),
		bind(WordRight, "word right", "Move a word to the right.", "e", "ctrl+right"),
		bind(HalfUp, "half a page up", "Scroll half a page up.", "ctrl+u"),
		bind(HalfDown, "half a page down", "Scroll half a page down.", "ctrl+d"),
		bind(PageUp, "page up", "Scroll a page up.", "pgup", "ctrl+b"),
		bind(PageDown, "page down", "Scroll a page down.", "pgdown", "ctrl+f"),
		bind(Top, "first", "Move to the first one.", "g g", "home"),
		bind(Bottom, "last", "Move to the last one.", "G", "end"),
		bind(Search, "search", "Search in what is shown.", "/"),
		bind(SearchNext, "next match", "Move to the next match.", "n"),
		bind(SearchPrevious, "previous match", "Move to the match before.", "N"),

		bind(Redraw, "redraw", "Draw the screen anew.", "ctrl+l"),
		bind(Suspend, "suspend", "Go back to the shell; fg returns.", "ctrl+z"),
	}
}

func compare() []Binding {
	return []Binding{
		bind(SelectPosition, "select", "Select the token under the cursor, or let it go.", "space"),
		bind(SelectRange, "range", "Begin to select a range of tokens, or end it.", "v"),
		bind(Divergence, "divergence", "Jump to the token at which the two answers part.", "."),
		bind(ColourMode, "colours", "Colour tokens by what fired, surprise, KL, projection or ratio.", "c"),
		bind(ForkLane, "fork", "Begin a new lane at this token, with another token or plan.", "f"),
		bind(DuplicateLane, "duplicate", "Add a lane with the same plan.", "d"),
		bind(PinLane, "pin", "Keep this lane as it is, whatever the dials do.", "P"),
		bind(CloseLane, "close", "Close this lane.", "x"),
		bind(Thinking, "thinking lane", "Show the lane of the reasoning-trained model, or hide it.", "t"),
		bind(PromptLane, "prompt lane", "Show the lane that is asked for reasoning in its prompt, or hide it.", "T"),
		bind(Zoom, "zoom", "Give this lane the whole width, or take it back.", "z"),
		bind(SyncScroll, "scroll in step", "Scroll all lanes together, or each for itself.", "s"),
		bind(Editor, "editor", "Write the question in $EDITOR.", "ctrl+e"),
		bind(ChatTemplate, "chat template", "Put the question into the model's chat template, or don't.", "ctrl+t"),
	}
}

func cursor() []Binding {
	return []Binding{
		bind(Divergence, "divergence", "Jump to the token at which the two answers part.", "."),
		bind(ForkLane, "fork", "Begin a new lane here with the chosen token.", "f"),
	}
}

func layers() []Binding {
	return []Binding{
		over(Generate, bind(ToggleLayer, "layer", "Put this layer into the current term, or take it out.", "enter")),
		over(Bookmark, bind(CycleQuantity, "quantity", "Show another quantity: norm, projection, change, KL.", "m")),
		bind(SelectPosition, "select", "Select this position, or let it go.", "space"),
		bind(SelectRange, "range", "Begin to select a range of positions, or end it.", "v"),
		bind(Divergence, "divergence", "Jump to the position at which the two answers part.", "."),
	}
}

func vectors() []Binding {
	return []Binding{
		over(Generate, bind(Details, "details", "Show what is known about this vector.", "enter")),
		bind(AddToPlan, "add to plan", "Add a term with this vector to the plan.", "a"),
		over(Search, bind(Filter, "filter", "Show only vectors whose names have these letters.", "/")),
		bind(Mark, "mark", "Mark this vector for the matrix of cosines, or unmark it.", "space"),
		bind(Import, "import", "Read a vector from a file.", "I"),
		bind(Export, "export", "Write this vector to a file.", "E"),
	}
}

func plan() []Binding {
	return []Binding{
		bind(AddTerm, "add", "Add a term.", "a"),
		bind(RemoveTerm, "remove", "Remove this term.", "x"),
		bind(MoveTermDown, "move down", "Move this term down: terms act in order.", "J"),
		bind(MoveTermUp, "move up", "Move this term up: terms act in order.", "K"),
		bind(CycleOp, "operation", "Change the operation of this term to the next one.", "o"),
		bind(Relative, "relative", "Count strength in median norms of the residual stream, or in the vector's own.", "r"),
		bind(CycleCurve, "over tokens", "Change how strength runs over tokens: constant, ramp, decay, curve.", "t"),
		bind(AddPoint, "add point", "Add a point to the curve after the chosen one.", "p"),
		bind(RemovePoint, "remove point", "Take the chosen point out of the curve.", "X"),
		bind(CycleGate, "gate", "Change the condition under which this term fires to the next one.", "c"),
		bind(LoadPlan, "load", "Load a saved plan.", "L"),
		bind(Editor, "editor", "Write the plan in $EDITOR.", "ctrl+e"),
	}
}

func sweep() []Binding {
	return []Binding{
		over(Generate, bind(TakeCell, "take", "Take this cell's layer and strength into the plan.", "enter")),
		bind(RunSweep, "run", "Run the sweep.", "r"),
		bind(Retest, "re-test", "Test this cell again on the test problems, which chose nothing.", "t"),
		over(Bookmark, bind(CycleQuantity, "metric", "Show another number: score, KL, share of steered tokens, size of the edit.", "m")),
		bind(Stronger, "more problems", "Try the cells on more problems in the next sweep.", "+", "="),
		bind(Weaker, "fewer problems", "Try the cells on fewer problems in the next sweep.", "-"),
	}
}

func settings() []Binding {
	return []Binding{
		over(Generate, bind(Change, "change", "Change this setting to its next value.", "enter", "space")),
		bind(Editor, "editor", "Open the config file in $EDITOR.", "ctrl+e"),
	}
}

func browse() []Binding {
	return []Binding{
		bind(Details, "answers", "Show this problem with the answers of all lanes.", "enter"),
		bind(NextFlip, "next flip", "Move to the next problem that base and this lane judge differently.", "n"),
		bind(PreviousFlip, "flip before", "Move to the problem before that base and this lane judge differently.", "N"),
		bind(NextFilter, "filter", "Show only some problems: flips, truncated, unanswered and others in turn.", "f"),
		bind(PreviousFilter, "filter before", "Go back to the filter before.", "F"),
		bind(Search, "search", "Show only problems that have a text, in their questions or answers.", "/"),
		bind(NextPane, "lane", "Take the next lane in hand, which filters and flips are about.", "tab"),
		bind(PreviousPane, "lane before", "Take the lane before in hand.", "shift+tab"),
		bind(NextProblem, "next", "Show the next problem.", "]", "}"),
		bind(PreviousProblem, "before", "Show the problem before.", "[", "{"),
		bind(NextDraw, "draw", "Show the next draw, where problems are asked several times.", "s"),
		bind(GoCompare, "compare", "Ask this problem in Compare, with the lane's plan; leaving it leads back.", "o"),
		bind(Copy, "copy", "Copy the problem with its answers, or the table of lanes.", "y"),
		bind(Back, "back", "Leave what is open: a problem, a search, a filter.", "esc"),
		bind(Quit, "quit", "Quit.", "q"),
		bind(Interrupt, "stop", "Stop what runs, or quit.", "ctrl+c"),
		bind(Help, "keys", "Show the keys that do something here.", "?", "f1"),
		bind(Left, "left", "Move to the lane at the left.", "h", "left"),
		bind(Right, "right", "Move to the lane at the right.", "l", "right"),
		bind(Up, "up", "Move up.", "k", "up"),
		bind(Down, "down", "Move down.", "j", "down"),
		bind(HalfUp, "half a page up", "Scroll half a page up.", "ctrl+u"),
		bind(HalfDown, "half a page down", "Scroll half a page down.", "ctrl+d"),
		bind(PageUp, "page up", "Scroll a page up.", "pgup", "ctrl+b"),
		bind(PageDown, "page down", "Scroll a page down.", "pgdown", "ctrl+f", "space"),
		bind(Top, "first", "Move to the first one.", "g g", "home"),
		bind(Bottom, "last", "Move to the last one.", "G", "end"),
		bind(Redraw, "redraw", "Draw the screen anew.", "ctrl+l"),
		bind(Suspend, "suspend", "Go back to the shell; fg returns.", "ctrl+z"),
	}
}

func typing() []Binding {
	return []Binding{
		bind(Generate, "generate", "Take the text, and generate.", "enter"),
		bind(Back, "back to keys", "Leave the text: keys act again.", "esc"),
		bind(Newline, "new line", "Begin a new line.", "alt+enter", "ctrl+j"),
		bind(Complete, "complete", "Complete the word.", "tab"),
		bind(EarlierPrompt, "earlier", "Bring back the text that was asked before.", "alt+up", "alt+p"),
		bind(LaterPrompt, "later", "Bring back the text that was asked after.", "alt+down", "alt+n"),
		bind(Editor, "editor", "Write the text in $EDITOR.", "ctrl+e"),
		bind(ChatTemplate, "chat template", "Put the question into the model's chat template, or don't.", "ctrl+t"),
		bind(Palette, "commands", "Find a command by its name and run it.", "ctrl+p"),
		bind(Help, "keys", "Show the keys that do something here.", "f1"),
		bind(Open, "open", "Open a model.", "ctrl+o"),
		bind(Interrupt, "stop", "Stop what runs; pressed again, quit.", "ctrl+c"),
		bind(Redraw, "redraw", "Draw the screen anew.", "ctrl+l"),
		bind(Suspend, "suspend", "Go back to the shell; fg returns.", "ctrl+z"),
	}
}

func list() []Binding {
	return []Binding{
		bind(Choose, "choose", "Choose this one.", "enter"),
		bind(Back, "back", "Close the list.", "esc"),
		bind(Up, "up", "Move up.", "up", "ctrl+p", "ctrl+k"),
		bind(Down, "down", "Move down.", "down", "ctrl+n", "ctrl+j"),
		bind(PageUp, "page up", "Scroll a page up.", "pgup", "ctrl+b"),
		bind(PageDown, "page down", "Scroll a page down.", "pgdown", "ctrl+f"),
		bind(Top, "first", "Move to the first one.", "home"),
		bind(Bottom, "last", "Move to the last one.", "end"),
		bind(Interrupt, "stop", "Stop what runs; pressed again, quit.", "ctrl+c"),
		bind(Redraw, "redraw", "Draw the screen anew.", "ctrl+l"),
		bind(Suspend, "suspend", "Go back to the shell; fg returns.", "ctrl+z"),
	}
}
