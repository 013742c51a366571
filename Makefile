# make run     build what is missing, and serve the examples on http://localhost:8080 (ADDR=localhost:9090 for another port)
# make build   one self-contained binary: bin/wab
# make test    everything, in real browsers where a page is concerned
# make lint    formatting, vet, staticcheck, types
# make bench   every bench (ARGS='-run commit -json' for one)
# make gadget  the native gadget for boards: bin/gadget-linux-arm, -arm64 and -amd64
# make soak    crashes and random histories again and again, longer fuzzing
# make shake   tests again and again, with goroutines that sleep at random (PKG=./server, N=12; slow)
#              what it is to goroutines WAB_SLOW=6 is to pages, six times slower ones: WAB_SLOW=6 go test -count=5 ./web/bluetooth
#              and -late to connections: go run ./tools/shake -n 1 -late 150ms ./examples/tweetiot
# make fmt     format Go and templ files

.PHONY: run build assets test lint bench gadget soak shake fmt deps fuzz

ADDR = localhost:8080
run: build
	./bin/wab serve --dev --addr $(ADDR) --data data

build: assets
	go build -trimpath -o bin/wab ./tools/wab

# The browser's side: types and libraries by npm, then everything into web/dist.
assets: node_modules/.package-lock.json
	go run ./tools/build

node_modules/.package-lock.json: package.json package-lock.json
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

deps:
	./scripts/deps

test: deps lint
	go run ./tools/build -test
	go test -race -short ./internal/... ./server/...
	go test ./...

lint: build
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "not formatted (make fmt):"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	go vet ./...
	go tool staticcheck ./...
	go run ./tools/build -check

bench: assets
	go run ./tools/bench $(ARGS)

gadget:
	for arch in arm arm64 amd64; do CGO_ENABLED=0 GOOS=linux GOARCH=$$arch GOARM=6 go build -trimpath -ldflags='-s -w' -o bin/gadget-linux-$$arch ./examples/gadget || exit 1; done

FUZZTIME ?= 10s
fuzz:
	./scripts/fuzz $(FUZZTIME)

soak:
	go test -race -count=20 -timeout 60m -run 'CA[0-9]|OPS|BUS|MAP[2-6]|Random|History' ./internal/... ./server ./tools/wab ./wasm/client
	WAB_STORM_SEEDS=500 go test -race -count=1 -timeout 60m -run 'CHAN3_(Links|Farewells)Through' ./server
	go test -run '^$$' -bench Flood -benchtime 10s ./internal/actor
	./scripts/fuzz 2m

PKG ?= ./internal/... ./server
N ?= 12
shake:
	go run ./tools/shake -n $(N) $(PKG) -- -test.short

fmt:
	gofmt -w $$(git ls-files '*.go')
	go tool templ fmt .
