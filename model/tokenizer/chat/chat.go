// Package chat renders chat templates.
package chat

// Template is a compiled chat template.
type Template struct{}
