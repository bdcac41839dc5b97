# What Doxygen reads in place of a header: its first comment describes the file, and what its namespaces hold belongs to the
# group of its folder, as do macros. Below the beginning of a group, lines move down by one.
function open_group() { opened = 1; return "/** @addtogroup " group "\n@{ */ " }
function close_group() { opened = 0; return "/** @} */ " }
BEGIN {
  group = ARGV[1]
  sub(/^.*include\/einet\//, "", group)
  if (!sub(/\/[^\/]*$/, "", group)) group = "core"
  gsub(/\//, "_", group)
}
NR == 1 && /^#pragma once/ { print "/// @file"; heading = 1; next }
heading && /^\/\// { print "/" $0; next }
{ heading = 0 }
/^\/\/\/ .*/ && !inside && !opened { print open_group() $0; next }
/^namespace einet[a-z_:]* \{$/ { print (opened ? close_group() : "") $0 " " open_group(); inside = 1; next }
/^\}  \/\/ namespace einet/ { print close_group() $0; inside = 0; next }
{ print }
END { if (opened) print close_group() }
