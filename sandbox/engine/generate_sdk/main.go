// Makes a Python SDK of a package's schema with Pulumi's own generator, which is part of `pulumi-language-python`.
//
//	generate-sdk DIRECTORY LOADER < SCHEMA
//
// DIRECTORY is where the files go; LOADER is the address at which the engine answers for schemas of other packages.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

const generator = "the stand-in for pulumi-language-python"

func generate(directory, loader string) error {
	var spec schema.PackageSpec
	if err := json.NewDecoder(os.Stdin).Decode(&spec); err != nil {
		return fmt.Errorf("reading the schema: %w", err)
	}
	client, err := schema.NewLoaderClient(loader)
	if err != nil {
		return fmt.Errorf("asking the engine for schemas: %w", err)
	}
	pkg, diagnostics, err := schema.BindSpec(spec, client, schema.ValidationOptions{AllowDanglingReferences: true})
	if err != nil {
		return err
	}
	if diagnostics.HasErrors() {
		return errors.Join(diagnostics.Errs()...)
	}
	files, err := python.GeneratePackage(generator, pkg, nil, schema.NewCachedLoader(client))
	if err != nil {
		return err
	}
	for name, text := range files {
		path := filepath.Join(directory, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: generate-sdk DIRECTORY LOADER < SCHEMA")
		os.Exit(2)
	}
	if err := generate(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
