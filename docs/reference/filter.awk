# What Doxygen reads in place of a header: its first comment describes the file, and all in it belongs to the group of its
# folder. Below that comment, lines move down by one.
BEGIN {
  group = ARGV[1]
  sub(/^.*include\/einet\//, "", group)
  if (!sub(/\/[^\/]*$/, "", group)) group = "core"
  gsub(/\//, "_", group)
}
NR == 1 && /^#pragma once/ { print "/// @file"; opening = 1; next }
opening && /^\/\// { print "/" $0; next }
opening { print "/** @addtogroup " group "\n@{ */" $0; opening = 0; next }
{ print }
END { print "/** @} */" }
