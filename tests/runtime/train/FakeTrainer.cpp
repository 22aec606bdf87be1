// The model of FakeModel.h as an executable: what gmc would link, for the tests
// that need a process of its own. `--make-data DIR TRAIN TEST` writes data.
#include "tests/runtime/train/FakeModel.h"

#include <cstdlib>
#include <string_view>

int main(int argc, char **argv) {
  namespace fake = gmc::runtime::fake;
  if (argc == 5 && std::string_view(argv[1]) == "--make-data") {
    fake::writeData(argv[2], std::atoi(argv[3]), std::atoi(argv[4]));
    return 0;
  }
  return gmc::runtime::trainerMain(argc, argv, fake::model());
}
