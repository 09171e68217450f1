package settings

import (
	"fmt"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"

	"tiller/model/checkpoint/badfile"
	"tiller/tui/keys"
	"tiller/tui/keys/nearest"
)

// Bounds on what a config file can say.
const (
	maxWarnings = 20
	maxFolders  = 100  // of each kind
	maxFolder   = 4096 // bytes, as Linux allows
	maxKeys     = 1000 // actions
)

// The settings that are no single value.
const (
	vectorsName = "vectors"
	modelsName  = "models"
	keysName    = "keys"
)

// Load reads the config file; one that is not there says nothing, and all is as [Defaults] says.
// So is each setting that the file gets wrong: the warnings name it, a sentence each, with the
// line, and say which keys conflict. An error, one sentence too, means that the file can't be read
// or is no YAML map; then all is default.
func Load(path string) (Settings, []string, error) {
	d, err := open(path)
	if err != nil {
		return Defaults(), nil, err
	}
	s, warnings := d.settings()
	if more := len(warnings) - maxWarnings; more > 0 {
		warnings = append(warnings[:maxWarnings], fmt.Sprintf("%s has %d more such faults.", path, more))
	}
	return s, warnings, nil
}

// settings reads what the document says, and what is wrong with it.
func (d *document) settings() (Settings, []string) {
	s := Defaults()
	if d.root == nil {
		return s, nil
	}
	list, warnings := d.entries(d.root)
	for _, e := range list {
		if isNull(e.value) {
			continue
		}
		switch e.name {
		case vectorsName, modelsName:
			folders, wrong := d.folders(e)
			if e.name == vectorsName {
				s.Vectors = folders
			} else {
				s.Models = folders
			}
			warnings = append(warnings, wrong...)
		case keysName:
			var wrong []string
			s.Keys, wrong = d.keys(e.value)
			warnings = append(warnings, wrong...)
		default:
			if err := setField(&s, e); err != nil {
				warnings = append(warnings, d.at(e.key, "%v", err))
			}
		}
	}
	return s, warnings
}

// setField reads a setting that is a single value.
func setField(s *Settings, e entry) error {
	names := []string{vectorsName, modelsName, keysName}
	for _, f := range Fields() {
		if f.Name == e.name {
			value, err := single(e.value)
			if err != nil {
				return fmt.Errorf("%s: %w", e.name, err)
			}
			return f.Set(s, value)
		}
		names = append(names, f.Name)
	}
	if near, ok := nearest.Name(strings.ReplaceAll(e.name, "-", "_"), names); ok {
		return fmt.Errorf("there is no setting %s; did you mean %q?", badfile.Quote(e.name), near)
	}
	return fmt.Errorf("there is no setting %s", badfile.Quote(e.name))
}

// folders reads a list of folders, and leaves out what can't be one.
func (d *document) folders(e entry) (folders, wrong []string) {
	list, err := several(e.value)
	if err != nil {
		return nil, []string{d.at(e.key, "%s: %v", e.name, err)}
	}
	for _, folder := range list {
		switch {
		case len(folders) == maxFolders:
			return folders, append(wrong, d.at(e.key, "%s has more than %d folders", e.name, maxFolders))
		case len(folder) > maxFolder || strings.ContainsRune(folder, 0):
			wrong = append(wrong, d.at(e.key, "%s: %s is no folder", e.name, badfile.Quote(folder)))
		case Folder(folder, "") == folder && !filepath.IsAbs(folder):
			wrong = append(wrong, d.at(e.key, "%s: %s is relative, and to nothing: begin it with \"~/\"", e.name, badfile.Quote(folder)))
		default:
			folders = append(folders, folder)
		}
	}
	return folders, wrong
}

// keys reads the keys of actions, leaves out those that can't be set, and says what conflicts.
func (d *document) keys(n *yaml.Node) (changes map[string][]string, wrong []string) {
	if n.Kind != yaml.MappingNode {
		return nil, []string{d.at(n, "keys are written as \"save: w\", one a line")}
	}
	list, wrong := d.entries(n)
	if len(list) > maxKeys {
		wrong = append(wrong, d.at(list[maxKeys].key, "more than %d actions are not read", maxKeys))
		list = list[:maxKeys]
	}
	m := keys.Default()
	changes = map[string][]string{}
	for _, e := range list {
		written, err := keyNames(e.value)
		if err == nil {
			err = m.Check(e.name, written)
		} else {
			err = fmt.Errorf("%s: %w", badfile.Quote(e.name), err)
		}
		if err != nil {
			wrong = append(wrong, d.at(e.key, "keys: %v", err))
			continue
		}
		changes[e.name] = written
	}
	if err := m.Rebind(changes); err != nil {
		return nil, append(wrong, fmt.Sprintf("%s: %v.", d.path, err))
	}
	for _, conflict := range m.Conflicts() {
		wrong = append(wrong, d.path+": "+conflict)
	}
	return changes, wrong
}

// keyNames reads the keys of one action; nothing is none. "~" is a key here, not nothing.
func keyNames(n *yaml.Node) ([]string, error) {
	if isNull(n) && n.Value != "~" {
		return []string{}, nil
	}
	return several(n)
}
