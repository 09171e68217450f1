package main

import (
	"tiller/assets"
	"tiller/steering/library"
)

// embedded opens what is built into the program, and files.
var embedded = library.New(assets.FS)

// embeddedBase is the model of the demonstration.
const embeddedBase = library.Prefix + "base"
