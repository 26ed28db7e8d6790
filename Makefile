# Verbs only; what they do is in image/, tests/ and web/. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
export LINEBOX_STATE LINEBOX_TREES PORT LAN
box := image/box

.PHONY: help run stop status logs shell reset call layers check test vm image hwtest updates rpi5 soak bench pictures openapi where release

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

run: ## build what isn't built, boot the box and the exchange, stay until Ctrl-C (PORT=8443, LAN=1)
	@image/run || { status=$$?; [ $$status = 130 ] || exit $$status; }
stop: ## shut the box and the exchange down; their data stay
	@image/run stop
status: ## what is up
	@$(box) status
logs: ## follow the box's log
	@$(box) sh box journalctl -f -n 200 --no-hostname
shell: ## a shell in the box
	@$(box) sh box bash -l
reset: ## factory reset: forget the box's data
	@image/run reset
call: ## place a call: make call FROM=13900001111 TO=4008001234 KEYS=1 TALK=20 RATING=5
	@$(box) sh exchange /usr/bin/linebox-call from="$(FROM)" to="$(TO)" keys="$(KEYS)" talk="$(TALK)" rating="$(RATING)"
layers: ## build the trees that boxes are laid of
	@image/host && image/layers
check: ## linters and types
	@image/host && image/layers dev && tests/run check
test: ## everything: linters, types, unit, golden, integration, e2e
	@image/host && image/layers && tests/run all
vm: ## boot the box as a machine in QEMU, with telephone lines and an exchange (PORT=9443)
	@image/host vm && image/layers && image/layers kernel trim && image/vm up
hwtest: ## test the box as a machine: watchdog, lines, power cuts (QEMU; up to half an hour)
	@image/host vm && image/layers && image/layers kernel trim && tests/run hwtest
image: ## the disk image and its signed update bundle: build/image (docs/how-to/update.md)
	@image/host vm && image/layers && image/layers kernel trim slots && image/disk
updates: ## test the disk image in QEMU: good and bad bundles, power cuts, watchdog (about an hour)
	@image/host vm && image/layers && image/layers kernel trim slots && tests/run updates
rpi5: ## build the tree of the arm64 boards by emulation and run its programs (about an hour)
	@image/host arm64 && image/layers && LINEBOX_ARCH=arm64 image/layers base app web voice kernel trim && tests/run tree
soak: ## the random and long tests (KILLS=2000; CUTS=200 of power, two to four minutes each)
	@image/host vm && image/layers && image/layers kernel trim && tests/run soak
bench: ## measure; writes build/bench.json
	@image/host && image/layers && tests/run bench
pictures: ## take the pages' pictures on a box with calls (build/pictures, docs/pictures)
	@image/host && image/layers && tests/run pictures
openapi: ## write build/openapi.json from the API's types
	@image/dev env PYTHONPATH=firmware python3 -m linebox.web.openapi > build/openapi.json && echo build/openapi.json
where: ## all of a feature by its word: make where WORD=routing
	@git ls-files | grep -i -- "$(WORD)"
