#include "catch.hpp"

#include <einet/io/file_error.hpp>

#include <string>

using einet::io::FileError;

TEST_CASE("a file error tells file and field apart", "[io][file]") {
  const FileError error("/a/b", "tensor 'x'", "is wrong");
  CHECK(std::string(error.what()) == "/a/b: tensor 'x': is wrong");
  CHECK(error.file() == "/a/b");
  CHECK(error.field() == "tensor 'x'");
  CHECK(std::string(FileError("/a/b", "", "is wrong").what()) == "/a/b: is wrong");
}

TEST_CASE("several faults of a file are told a line each", "[io][file]") {
  const FileError two("/a/b", {{"tensor 'x'", "is wrong"}, {"", "has\n2 lines"}}, 7);
  CHECK(std::string(two.what()) == "/a/b: 9 faults\n  tensor 'x': is wrong\n  has\\x0a2 lines\n  and 7 more");
  CHECK(two.field().empty());
  const FileError one("/a/b", {{"tensor 'x'", "is wrong"}});
  CHECK(std::string(one.what()) == FileError("/a/b", "tensor 'x'", "is wrong").what());
  CHECK(one.field() == "tensor 'x'");
}

TEST_CASE("a message is short and harmless even if nobody cleaned the text from the file", "[io][file]") {
  const std::string nasty = "\x1b]0;title\x07" + std::string(1'000'000, 'x');
  const FileError error("/tmp/\x1b[2J", nasty, nasty);
  const std::string text = error.what();
  CHECK(text.size() < 2000);
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.find('\x07') == std::string::npos);
  CHECK(error.field().size() < 300);
  CHECK(error.file() == "/tmp/\x1b[2J");
}
