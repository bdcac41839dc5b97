# shellcheck shell=sh
# Sourced by the other scripts: installs missing packages, configures and builds. POSIX sh.

# fail <text>: prints one line on the error output and ends the script.
fail() {
  printf '%s\n' "einet: $*" >&2
  exit 1
}

say() { printf '%s\n' "einet: $*"; }

# missing_packages <package>...: prints those that are not installed, by Debian's package manager.
missing_packages() {
  for package in "$@"; do
    case "$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null)" in
      *' installed') ;;
      *) printf '%s ' "$package" ;;
    esac
  done
}

# install_packages <package>...: says which are missing and installs them by apt-get, as root or through sudo.
# EINET_SKIP_INSTALL=1 is for systems that get the same packages in another way.
install_packages() {
  [ "${EINET_SKIP_INSTALL:-}" = 1 ] && return 0
  if ! command -v apt-get >/dev/null 2>&1 || ! command -v dpkg-query >/dev/null 2>&1; then
    fail "there is no apt-get here; install the equivalents of these Debian packages: $* (then run again with EINET_SKIP_INSTALL=1)"
  fi

  missing=$(missing_packages "$@")
  missing=${missing% }
  [ -z "$missing" ] && return 0
  say "missing packages, to be installed by apt-get: $missing"

  if [ "$(id -u)" -eq 0 ]; then
    as_root='env'
  elif command -v sudo >/dev/null 2>&1; then
    as_root='sudo env'
  else
    fail "installing needs root or sudo, and neither is available; install as root: apt-get install $missing"
  fi
  apt="$as_root DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120"
  # shellcheck disable=SC2086 # both are lists of words
  $apt update || say "apt-get update failed; trying with the existing lists"
  # shellcheck disable=SC2086
  $apt install -y --no-install-recommends $missing || fail "apt-get could not install: $missing"
}

processors() { getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1; }

# build_preset <repository> <preset> [-D<variable>=<value>] [<target>...]: configures and builds.
build_preset() {
  build_root=$1
  build_name=$2
  shift 2
  build_setting=
  case ${1:-} in
    -D*)
      build_setting=$1
      shift
      ;;
  esac
  build_log=$build_root/build/$build_name.log

  mkdir -p "$build_root/build" || fail "cannot write to $build_root/build"
  # CMake's long output matters only if it fails.
  if ! (cd "$build_root" && cmake --preset "$build_name" ${build_setting:+"$build_setting"}) >"$build_log" 2>&1; then
    cat "$build_log" >&2
    fail "configuring the preset $build_name failed"
  fi
  say "building the preset $build_name"
  [ $# -gt 0 ] && set -- --target "$@"
  (cd "$build_root" && cmake --build --preset "$build_name" --parallel "$(processors)" "$@") ||
    fail "building the preset $build_name failed"
}
