package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// page calls a counter, and does what the checker has to refuse.
const page = `
import { connect, type Handle } from "@wabgo/client";
import type { Counter, View } from "./counter.ts";
import type { Whiteboard } from "./whiteboard.ts";

export async function use(): Promise<string> {
  const counter: Counter & Handle = await connect<Counter>({ app: "counter", ca: "home" });
  const n: number | bigint = await counter.Add(1);
  const view: View = await counter.Look();
  const rows = (await counter.History()) ?? [];
  // @ts-expect-error an argument of another type
  await counter.Add("1");
  // @ts-expect-error no such method
  await counter.Subtract(1);
  // @ts-expect-error too few arguments
  await counter.Let();
  // @ts-expect-error a nil slice is null
  (await counter.History()).length;
  const board = await connect<Whiteboard>({ app: "whiteboard", ca: "home" });
  await board.Draw([{ id: "e1", element: null }, { id: "e2", element: { kind: "dot", x: 1, y: 2, w: 3, h: 4, z: 5, color: "red", size: 6 } }]);
  counter.on("note", () => undefined);
  return [n, view.rev, ...rows.map((r) => r.who)].join();
}
`

func TestTypesOfAllAppsAreTakenByTheChecker(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	checker := filepath.Join(root, "node_modules", ".bin", "tsc")
	if _, err := os.Stat(checker); err != nil {
		t.Fatal("the TypeScript checker is not installed: run npm ci")
	}
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, app := range apps() {
		code, out, errs := wab(t, "types", app.Name)
		if code != 0 || errs != "" || !strings.Contains(out, "\nexport interface ") {
			t.Errorf("%s: %d %s%s", app.Name, code, out, errs)
		}
		write(app.Name+".ts", out)
	}
	write("page.ts", page)
	write("tsconfig.json", fmt.Sprintf(`{"extends": %q, "compilerOptions": {"typeRoots": [%q]}, "include": ["*.ts"], "exclude": []}`,
		filepath.Join(root, "tsconfig.json"), filepath.Join(root, "node_modules", "@types")))
	if out, err := exec.CommandContext(t.Context(), checker, "-p", dir).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestTypesOfNoApp(t *testing.T) {
	wantRefused(t, []string{"types", "nix"}, `"nix"`, "counter", "whiteboard")
	if code, out, errs := wab(t, "types"); code != 2 || out != "" || !strings.Contains(errs, "usage: wab types APP") {
		t.Error(code, out, errs)
	}
}
