// Command gen writes the AVX2 assembly of package kernel and the Go
// declarations of its functions. Run it by go generate in model/kernel; a test
// here fails when the committed files are not what it writes.
package main

import (
	"fmt"
	"os"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
)

// The files, as seen from model/kernel.
const (
	assemblyFile     = "avx2_amd64.s"
	declarationsFile = "avx2_asm_amd64.go"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	assembly, declarations, err := generate()
	if err != nil {
		return err
	}
	if err := os.WriteFile(assemblyFile, assembly, 0o644); err != nil {
		return err
	}
	return os.WriteFile(declarationsFile, declarations, 0o644)
}

// asm adds functions to one assembly file.
type asm struct {
	*build.Context
	labels int
	tables map[string]operand.Mem
}

// generate builds every function and prints both files.
func generate() (assembly, declarations []byte, err error) {
	a := &asm{Context: build.NewContext(), tables: map[string]operand.Mem{}}
	a.ConstraintExpr("!purego")
	a.tailTables()
	a.tiles()
	a.decoders()
	a.accumulators()
	a.elementwise()
	file, err := a.Result()
	if err != nil {
		return nil, nil, fmt.Errorf("building the kernels: %w", err)
	}
	if err := pass.Compile.Execute(file); err != nil {
		return nil, nil, fmt.Errorf("allocating registers: %w", err)
	}
	if assembly, err = print(printer.NewGoAsm, file); err != nil {
		return nil, nil, err
	}
	declarations, err = print(printer.NewStubs, file)
	return assembly, declarations, err
}

func print(format printer.Builder, file *ir.File) ([]byte, error) {
	out, err := format(printer.Config{Name: "model/kernel/gen", Pkg: "kernel"}).Print(file)
	if err != nil {
		return nil, fmt.Errorf("printing the kernels: %w", err)
	}
	return out, nil
}
