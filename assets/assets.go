// Package assets carries the files that are part of tiller: two small models
// on which steering can be tried without any download, their vectors, plans
// and questions, and contrast texts to derive vectors from for any model.
package assets

import (
	"embed"
	"io/fs"
)

// FS holds the files:
//
//	models/base/, models/thinking/   Hugging Face Llama folders: config.json,
//	                                 model.safetensors, tokenizer.json, ...
//	vectors/NAME.safetensors         vectors of these models
//	plans/NAME.json                  plans, in their JSON form, with "name" and
//	                                 "about" beside "terms"; demo.json is the
//	                                 one of the demonstration
//	splits/tune.jsonl, test.jsonl, hard.jsonl
//	                                 {"id","family","question","answer"} a line
//	demos/NAME.demo                  scripts of the screen (package tui/script)
//	contrast/NAME.jsonl              {"positive","negative"} a line, and
//	                                 "prompt" where both continue one
//	manifest.json                    how all but contrast and demos were made,
//	                                 and what was measured; "demonstration" is
//	                                 the id of a question in splits/test.jsonl
//
// and in each folder a README.md. `tiller lab build` writes the same layout,
// without contrast, demos and READMEs, so what it writes is copied here as it is.
// Reading a file copies it out of the program; nothing is read before that.
var FS fs.FS = embedded

// The last pattern takes manifest.json as soon as there is one.
//
//go:embed contrast demos models plans splits vectors *.[jm]*
var embedded embed.FS
