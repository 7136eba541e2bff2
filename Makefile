# Verbs only; each is one line. `make run` is all a fresh Debian 12 or 13 machine needs.
.DEFAULT_GOAL := help
.PHONY: help deps build run stop test eval bench fmt lint clean distclean

help:  ; @sed -n 's/^\([a-z]*\): .*[#]# /  make \1: /p' Makefile
deps:  ; @infra/deps/install.sh ## install what building and running needs (silent when nothing is missing)
build: deps ; @cmake --preset dev >build/cmake.log || { cat build/cmake.log; exit 1; }; cmake --build --preset dev ## compile into build/dev
run:   build ; @infra/dev/run.sh ## start everything under build/run and work through samples/
stop:  ; @infra/dev/run.sh stop ## stop what make run started; the data stays
test:  build ; @tests/run.sh ## all tests
eval:  deps ; @tests/eval/run.sh ## measure what the engine writes against the figures kept in tests/eval
bench: build ; @tests/bench/run.sh ## measurements
fmt:   deps ; @tests/lint/fmt.sh ## format the sources
lint:  deps ; @tests/lint/lint.sh ## check format, static analysis, rules of the house
clean: ; @infra/dev/clean.sh ## remove compiled files; keeps build/deps and the data in build/run
distclean: ; @infra/dev/clean.sh all ## stop the stack and remove build/ with everything in it
