//go:build !amd64 || purego

package kernel

func choose() *path { return &portable }
