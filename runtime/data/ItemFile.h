//===- ItemFile.h - items that a command line names -------------*- C++ -*-===//
#ifndef GMC_RUNTIME_DATA_ITEMFILE_H
#define GMC_RUNTIME_DATA_ITEMFILE_H

#include "runtime/data/Dataset.h"

namespace gmc::runtime {

/// Reads the items of one field from `place`, whatever it is: a folder of PNG
/// pictures, or a file in PNG, NPY, CSV or IDX form. They become numbers of the
/// model, of `type`, as those of a data set do; `name` and `part` key their
/// draws. Throws Failure 3 that names `place` for what is broken or does not
/// fit, Failure 5 for what cannot be read.
Dataset readItems(const plan::Field &item, const std::string &name,
                  const std::string &part, const std::filesystem::path &place,
                  ScalarType type = ScalarType::F32);

} // namespace gmc::runtime

#endif // GMC_RUNTIME_DATA_ITEMFILE_H
