// The calls that reach the disk. These take the place of the C library's: each is forwarded to that, then
// entered in the log. Their declarations are not included here, as they differ between C libraries.

#include "power_cut/log.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdint>

#include <dlfcn.h>
#include <sys/types.h>

namespace {

using example::power_cut::current_log;

/// The C library's own.
template <class Function>
Function* next(const char* name) noexcept {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

/// A sync of one kind or the other.
int synced(const char* name, int descriptor) {
  const int result = next<int(int)>(name)(descriptor);
  if (result == 0 && current_log != nullptr) current_log->synced(descriptor);
  return result;
}

}  // namespace

extern "C" {

ssize_t pwrite(int descriptor, const void* bytes, size_t count, off_t at) {
  const ssize_t written =
      next<ssize_t(int, const void*, size_t, off_t)>("pwrite")(descriptor, bytes, count, at);
  if (written > 0 && current_log != nullptr)
    current_log->wrote(descriptor, bytes, static_cast<std::size_t>(written), static_cast<std::uint64_t>(at));
  return written;
}

int posix_fallocate(int descriptor, off_t at, off_t count) {
  const int error = next<int(int, off_t, off_t)>("posix_fallocate")(descriptor, at, count);
  if (error == 0 && current_log != nullptr)
    current_log->allocated(descriptor, static_cast<std::uint64_t>(at + count));
  return error;
}

int fdatasync(int descriptor) {
  return synced("fdatasync", descriptor);
}

int fsync(int descriptor) {
  return synced("fsync", descriptor);
}

int rename(const char* from, const char* to) noexcept {
  if (current_log != nullptr) current_log->will_rename(to);
  const int result = next<int(const char*, const char*)>("rename")(from, to);
  if (result == 0 && current_log != nullptr) current_log->renamed(from, to);
  return result;
}

}  // extern "C"
