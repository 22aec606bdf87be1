//===- WeightsFile.h - weights that a run begins with -----------*- C++ -*-===//
#ifndef GMC_RUNTIME_IO_WEIGHTSFILE_H
#define GMC_RUNTIME_IO_WEIGHTSFILE_H

#include "runtime/core/Tensor.h"

#include <map>
#include <string>

namespace gmc::runtime {

/// Fills the tensors of every imported network of `plan` from its file, or
/// from what `replaced` names for the network. There they are called as those
/// of the net `of` (`Classifier.linear0.weight`), or, in a file of another
/// program, without a net (`linear0.weight`); other tensors are passed over.
/// What starts as one of these tensors is filled with it too. Throws Failure 4
/// with all names and shapes that do not fit, before anything is changed.
void importWeights(State state,
                   const std::map<std::string, std::string> &replaced);

} // namespace gmc::runtime

#endif // GMC_RUNTIME_IO_WEIGHTSFILE_H
