package main

import (
	"fmt"
	"os"

	tea "charm.land/bubbletea/v2"
	"github.com/spf13/cobra"

	"tiller/tui"
	"tiller/tui/engine"
	"tiller/tui/keys"
	"tiller/tui/settings"
)

// explore opens the interactive screen.
func explore(cmd *cobra.Command, ref string) error {
	path, err := settings.Path(os.Getenv)
	if err != nil {
		return err
	}
	config, warnings, err := settings.Load(path)
	if err != nil {
		return err
	}
	keyMap := keys.Default()
	_ = keyMap.Rebind(config.Keys) // what is wrong with them is among the warnings
	e := engine.New(embedded, engine.Options{Threads: config.Threads, Folders: config.Vectors, ModelFolders: config.Models, Getenv: os.Getenv})
	defer e.Close()
	app := tui.New(tui.Options{Engine: e, Settings: config, Keys: keyMap, Model: ref, Warnings: warnings})
	program := tea.NewProgram(app, tea.WithContext(cmd.Context()), tea.WithFPS(120))
	if _, err := program.Run(); err != nil {
		return fmt.Errorf("the screen ended: %w", err)
	}
	return nil
}
