package pickle

import (
	"fmt"

	"tiller/model/checkpoint/badfile"
)

// object executes what asks Python for functions, classes and objects of them: all that could
// run code.
func (m *machine) object(op byte) (bool, error) {
	switch op {
	case 'c': // GLOBAL
		module, err := m.line()
		if err != nil {
			return true, err
		}
		name, err := m.line()
		if err != nil {
			return true, err
		}
		return true, m.global(Global{module, name})
	case 0x93: // STACK_GLOBAL
		names, err := m.last(2)
		if err != nil {
			return true, err
		}
		module, ok := names[0].(string)
		name, also := names[1].(string)
		if !ok || !also {
			return true, fmt.Errorf("a function is named by %s and %s, where two strings are expected", kind(names[0]), kind(names[1]))
		}
		return true, m.global(Global{module, name})
	case 'R': // REDUCE
		pair, err := m.last(2)
		if err != nil {
			return true, err
		}
		return true, m.call(pair[0], pair[1])
	case 'b': // BUILD
		pair, err := m.last(2)
		if err != nil {
			return true, err
		}
		return true, m.build(pair[0], pair[1])
	case 'Q': // BINPERSID
		id, err := m.pop()
		if err != nil {
			return true, err
		}
		if m.host == nil {
			return true, fmt.Errorf("it refers to something outside of it")
		}
		value, err := m.host.Persistent(id)
		if err != nil {
			return true, err
		}
		return true, m.push(value)
	}
	return m.refused(op)
}

// refused are the instructions that are known and never executed.
func (m *machine) refused(op byte) (bool, error) {
	switch op {
	case 'i': // INST
		module, err := m.line()
		if err != nil {
			return true, err
		}
		name, err := m.line()
		if err != nil {
			return true, err
		}
		return true, refuse(Global{module, name})
	case 'o', 0x81, 0x92: // OBJ, NEWOBJ, NEWOBJ_EX: the class was pushed before, and so is a known one
		return true, fmt.Errorf("it makes an object of a class, and only lists, tuples, dictionaries, numbers and strings are read")
	case 0x82, 0x83, 0x84: // EXT1, EXT2, EXT4
		return true, fmt.Errorf("it names a function by a number of Python's extension registry, and only lists, tuples, dictionaries, numbers and strings are read")
	case 0x8f, 0x90, 0x91: // EMPTY_SET, ADDITEMS, FROZENSET
		return true, fmt.Errorf("it holds a set, and only lists, tuples, dictionaries, numbers and strings are read")
	case 0x8b: // LONG4
		return true, fmt.Errorf("it holds an integer of more than 8 bytes")
	case 'P': // PERSID
		return true, fmt.Errorf("it refers to something outside of it in the manner of protocol 0, which is not read")
	case 0x96, 0x97, 0x98: // BYTEARRAY8, NEXT_BUFFER, READONLY_BUFFER
		return true, fmt.Errorf("it holds a buffer, and only lists, tuples, dictionaries, numbers and strings are read")
	}
	return false, nil
}

// refuse is the error about a function or class that the pickle names.
func refuse(g Global) error {
	return fmt.Errorf("it asks Python for %s, which is not plain data and was not run: save the floating-point tensors alone, in a list or dictionary, or as .safetensors", badfile.Quote(g.String()))
}

func (m *machine) global(g Global) error {
	if g != orderedDict && (m.host == nil || !m.host.Knows(g)) {
		return refuse(g)
	}
	return m.push(g)
}

// call stands for calling what was named.
func (m *machine) call(function, arguments any) error {
	g, ok := function.(Global)
	if !ok {
		return fmt.Errorf("it calls %s, which is not a function: the pickle is damaged", kind(function))
	}
	args, ok := arguments.(Tuple)
	if !ok {
		return fmt.Errorf("it calls %s with %s, where a tuple is expected: the pickle is damaged", badfile.Quote(g.String()), kind(arguments))
	}
	if g == orderedDict {
		return m.ordered(args)
	}
	value, err := m.host.Call(g, args)
	if err != nil {
		return err
	}
	return m.push(value)
}

// ordered pushes an OrderedDict, which is made empty or of a list of pairs.
func (m *machine) ordered(args Tuple) error {
	d := &Dict{}
	if len(args) == 0 {
		return m.push(d)
	}
	list, ok := args[0].(*List)
	if !ok || len(args) > 1 {
		return fmt.Errorf("it makes an OrderedDict of %s, where a list of pairs is expected", kind(args[0]))
	}
	m.steps += len(list.Items) // the same list may be taken again and again
	for _, item := range list.Items {
		key, value, ok := pair(item)
		if !ok {
			return fmt.Errorf("it makes an OrderedDict of %s, where pairs are expected", kind(item))
		}
		if err := d.set(key, value); err != nil {
			return err
		}
	}
	return m.push(d)
}

// pair is a list or tuple of two.
func pair(item any) (key, value any, ok bool) {
	items, _ := item.(Tuple)
	if list, is := item.(*List); is {
		items = list.Items
	}
	if len(items) != 2 {
		return nil, nil, false
	}
	return items[0], items[1], true
}

// build stands for setting attributes. Only a dictionary's are allowed, as PyTorch's state
// dictionaries have an attribute _metadata; they are forgotten.
func (m *machine) build(target, state any) error {
	if _, ok := target.(*Dict); !ok {
		return fmt.Errorf("it sets attributes of %s, and only lists, tuples, dictionaries, numbers and strings are read", kind(target))
	}
	if _, ok := state.(*Dict); !ok {
		return fmt.Errorf("it sets a dictionary's attributes to %s: the pickle is damaged", kind(state))
	}
	return m.push(target)
}
