#!/usr/bin/env bash
# disk.make LOWER OUT WORK REPO PACKAGES KEYRING KEY CERT NAME: what image/disk does in image/disk-build: image, bundle, list.
set -euo pipefail
out=$2 repo=$4 key=$7 cert=$8 name=$9
"$repo/image/disk.lay" "${@:1:6}"
mv "$out/bom.json" "$out/$name.bom.json"
mv "$out/disk.img" "$out/$name.img"; mv "$out/root.squashfs" "$out/$name.squashfs"
"$repo/image/disk.bundle" "$out/$name.squashfs" "$out/$name.raucb" "$LINEBOX_VERSION" "$key" "$cert"
zstd -q -9 -T2 -f "$out/$name.img" -o "$out/$name.img.zst"
(cd "$out" && sha256sum "$name".img "$name".img.zst "$name".raucb "$name".bom.json >"$name.sha256")
