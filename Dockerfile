# One small image with the four programs of the lab and nothing else.
#
#   docker build -t tsl-lab .                  compiles them from source; needs a registry with the Rust image
#   docker build -t tsl-lab --target local .   takes static binaries from image/bin (made by `.ci/run binaries`)
#
# The stages that need no registry come first, because the classic builder builds every stage before its target.

# What both ways share. An image from nothing has no folders, and a named volume takes its owner from the folder that
# it covers: image/root brings them, empty.
FROM scratch AS base
COPY --chown=10001:10001 image/root/ /
USER 10001:10001
ENV TSL_DATA=/data
ENTRYPOINT ["/bin/tsl"]
CMD ["--help"]

FROM base AS local
COPY image/bin/ /bin/

# The version is that of rust-toolchain.toml, which stays outside so that rustup does not fetch its other components.
FROM rust:1.95.0-slim-bookworm AS build
WORKDIR /source
COPY . .
# `--target`, even where it names this machine, keeps the flags away from build scripts and macros, which cannot be static.
RUN host="$(rustc -vV | sed -n 's/^host: //p')" \
 && RUSTFLAGS='-C target-feature=+crt-static' CARGO_PROFILE_RELEASE_STRIP=symbols \
    cargo build --release --locked --target "$host" --bins \
      -p clearinghouse -p license-server -p terminal-server -p directory -p lab \
 && mkdir /programs \
 && cd "target/$host/release" && cp clearinghouse license-server terminal-server directory tsl /programs/

FROM base
COPY --from=build /programs/ /bin/
