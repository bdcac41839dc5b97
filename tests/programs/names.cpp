// Uses all of std and all of einet at once, next to C's functions, as a short program does. Names of std and
// of C must mean what they mean without einet.

#include "public_headers.hpp"
#include "runs.hpp"

#include <algorithm>
#include <ctime>
#include <vector>

#include <time.h>

using namespace std;
using namespace einet;

int main() {
  const vector<int> all{1, 2, 3}, some{2, 3};
  const clock_t begin = clock();
  const auto found = search(all.begin(), all.end(), some.begin(), some.end());
  if (found == all.end() || clock() < begin) return 1;
  const auto result = runs::run<NewestAnswer>({{{{1, .3f}}, {{2, .5f}}, {{3, .9f}}}});
  if (!result.answer) return 1;
  puts("found");
}
