package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"strings"
)

// What dropLines knows of the linker's tables is what the runtime's declarations say of them. It holds for a Go version whose declarations are these.
var knownTables = map[string]string{
	"runtime/runtime2.go:_func":  "sys.NotInHeap,entryOff uint32,nameOff int32,args int32,deferreturn uint32,pcsp uint32,pcfile uint32,pcln uint32,npcdata uint32,cuOffset uint32,startLine int32,funcID abi.FuncID,flag abi.FuncFlag,_ [1]byte,nfuncdata uint8",
	"runtime/symtab.go:pcHeader": "magic abi.PCLnTabMagic,pad1 uint8,pad2 uint8,minLC uint8,ptrSize uint8,nfunc int,nfiles uint,_ uintptr,funcnameOffset uintptr,cuOffset uintptr,filetabOffset uintptr,pctabOffset uintptr,pclnOffset uintptr",
	"runtime/symtab.go:functab":  "entryoff uint32,funcoff uint32",
}

// checkTables refuses a Go version, whose sources stand in a folder, that lays its tables out in another way: a module that was thinned by the wrong ones
// might load, and fail later.
func checkTables(src string) error {
	for where, want := range knownTables {
		file, name, _ := strings.Cut(where, ":")
		got, err := fieldsOf(filepath.Join(src, filepath.FromSlash(file)), name)
		if err != nil {
			return fmt.Errorf("look up what the runtime's %s is: %w", name, err)
		}
		if got != want {
			return fmt.Errorf("this Go version lays %s out as %s: compare lines.go with it before modules are thinned", name, got)
		}
	}
	return nil
}

// fieldsOf is what fields a struct has that is declared in a file.
func fieldsOf(file, name string) (fields string, err error) {
	tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		return "", err
	}
	var list []string
	ast.Inspect(tree, func(n ast.Node) bool {
		spec, _ := n.(*ast.TypeSpec)
		if spec == nil || spec.Name.Name != name {
			return true
		}
		if s, ok := spec.Type.(*ast.StructType); ok {
			list = fieldNames(s)
		}
		return false
	})
	return strings.Join(list, ","), nil
}

func fieldNames(s *ast.StructType) (list []string) {
	for _, f := range s.Fields.List {
		kind := types.ExprString(f.Type)
		if len(f.Names) == 0 {
			list = append(list, kind)
		}
		for _, n := range f.Names {
			list = append(list, n.Name+" "+kind)
		}
	}
	return list
}
