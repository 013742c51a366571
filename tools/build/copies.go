package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// copied are files of libraries that are served as they are, from the module's root. Nothing loads them before they are needed.
var copied = map[string]string{
	"selfie_segmentation.js":                          selfie + "selfie_segmentation.js",
	"selfie_segmentation.binarypb":                    selfie + "selfie_segmentation.binarypb",
	"selfie_segmentation_landscape.tflite":            selfie + "selfie_segmentation_landscape.tflite",
	"selfie_segmentation_solution_simd_wasm_bin.js":   selfie + "selfie_segmentation_solution_simd_wasm_bin.js",
	"selfie_segmentation_solution_simd_wasm_bin.wasm": selfie + "selfie_segmentation_solution_simd_wasm_bin.wasm",
}

const selfie = "node_modules/@mediapipe/selfie_segmentation/"

// segmentation is what the worker that finds people in pictures loads.
var segmentation = map[string]string{
	"SELFIE": "selfie_segmentation.js",
	"GRAPH":  "selfie_segmentation.binarypb",
	"MODEL":  "selfie_segmentation_landscape.tflite",
	"LOADER": "selfie_segmentation_solution_simd_wasm_bin.js",
	"WASM":   "selfie_segmentation_solution_simd_wasm_bin.wasm",
}

// copyAll adds the libraries' files.
func copyAll(root string, out *output) error {
	for name, path := range copied {
		data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(path)))
		if err != nil {
			return fmt.Errorf("%s is not installed: run npm ci (%w)", path, err)
		}
		if err := out.add(name, data); err != nil {
			return err
		}
	}
	return nil
}
