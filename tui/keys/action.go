package keys

// Action is something that a key does, by the name that the config file knows it by. What each
// does stands in the table of [Default].
type Action string

// The actions of the program as a whole.
const (
	Generate     Action = "generate"
	Type         Action = "type"
	Back         Action = "back"
	Interrupt    Action = "interrupt"
	Quit         Action = "quit"
	Suspend      Action = "suspend"
	Redraw       Action = "redraw"
	Palette      Action = "palette"
	Help         Action = "help"
	Open         Action = "open"
	Save         Action = "save"
	Copy         Action = "copy"
	Record       Action = "record"
	Bookmark     Action = "bookmark"
	Undo         Action = "undo"
	Redo         Action = "redo"
	Editor       Action = "editor"
	ChatTemplate Action = "chat-template"
	Derive       Action = "derive"
)

// Going to a view.
const (
	GoCompare  Action = "go-compare"
	GoCursor   Action = "go-cursor"
	GoLayers   Action = "go-layers"
	GoVectors  Action = "go-vectors"
	GoPlan     Action = "go-plan"
	GoSweep    Action = "go-sweep"
	GoSettings Action = "go-settings"
)

// Moving in a view.
const (
	NextPane        Action = "next-pane"
	PreviousPane    Action = "previous-pane"
	Left            Action = "left"
	Right           Action = "right"
	Up              Action = "up"
	Down            Action = "down"
	WordLeft        Action = "word-left"
	WordRight       Action = "word-right"
	HalfUp          Action = "half-up"
	HalfDown        Action = "half-down"
	PageUp          Action = "page-up"
	PageDown        Action = "page-down"
	Top             Action = "top"
	Bottom          Action = "bottom"
	NextProblem     Action = "next-problem"
	PreviousProblem Action = "previous-problem"
	Search          Action = "search"
	SearchNext      Action = "search-next"
	SearchPrevious  Action = "search-previous"
	Divergence      Action = "divergence"
)

// The dials, which turn a term of the plan, and editing the plan.
const (
	Stronger      Action = "stronger"
	Weaker        Action = "weaker"
	Neutral       Action = "neutral"
	LayerUp       Action = "layer-up"
	LayerDown     Action = "layer-down"
	NextTerm      Action = "next-term"
	PreviousTerm  Action = "previous-term"
	CycleSelector Action = "cycle-selector"
	CycleVector   Action = "cycle-vector"
	AddTerm       Action = "add-term"
	RemoveTerm    Action = "remove-term"
	MoveTermUp    Action = "move-term-up"
	MoveTermDown  Action = "move-term-down"
	CycleOp       Action = "cycle-op"
	CycleGate     Action = "cycle-gate"
	CycleCurve    Action = "cycle-curve"
	AddPoint      Action = "add-point"
	RemovePoint   Action = "remove-point"
	Relative      Action = "relative"
	LoadPlan      Action = "load-plan"
)

// Tokens, lanes and how they are shown.
const (
	SelectPosition Action = "select-position"
	SelectRange    Action = "select-range"
	DuplicateLane  Action = "duplicate-lane"
	PinLane        Action = "pin-lane"
	ForkLane       Action = "fork-lane"
	CloseLane      Action = "close-lane"
	Thinking       Action = "thinking"
	PromptLane     Action = "prompt-lane"
	ColourMode     Action = "colour-mode"
	Zoom           Action = "zoom"
	SyncScroll     Action = "sync-scroll"
)

// The other views.
const (
	CycleQuantity Action = "cycle-quantity"
	ToggleLayer   Action = "toggle-layer"
	Filter        Action = "filter"
	Details       Action = "details"
	Mark          Action = "mark"
	AddToPlan     Action = "add-to-plan"
	Import        Action = "import"
	Export        Action = "export"
	RunSweep      Action = "run-sweep"
	TakeCell      Action = "take-cell"
	Retest        Action = "retest"
	Change        Action = "change"
)

// Browsing a run of an eval set.
const (
	NextFilter     Action = "next-filter"
	PreviousFilter Action = "previous-filter"
	NextDraw       Action = "next-draw"
	NextFlip       Action = "next-flip"
	PreviousFlip   Action = "previous-flip"
)

// Where text is typed, and in lists.
const (
	Newline       Action = "newline"
	Complete      Action = "complete"
	EarlierPrompt Action = "earlier-prompt"
	LaterPrompt   Action = "later-prompt"
	Choose        Action = "choose"
)
