//===- DataShelf.h - the data sets of a run ---------------------*- C++ -*-===//
//
// Loads each split once, when it is first asked for, from the model's own
// source or from the folder that --data gives.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_TRAIN_DATASHELF_H
#define GMC_RUNTIME_TRAIN_DATASHELF_H

#include "runtime/data/Dataset.h"
#include "runtime/io/Checkpoint.h"
#include "runtime/plan/Plan.h"
#include "runtime/train/Machine.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gmc::runtime {

/// Folders by name of the data set they replace.
using DataFolders = std::map<std::string, std::string>;

class DataShelf {
public:
  DataShelf(const plan::Plan &plan, DataFolders folders)
      : plan(plan), folders(std::move(folders)) {}

  /// The split, loaded if it was not; it lives as long as the shelf.
  const Dataset &get(const std::string &dataset, const std::string &split);
  /// Tells whether a split of `dataset` is loaded.
  bool holds(const std::string &dataset) const;
  /// The characters of a text, in the order of their codes from 3 on.
  std::vector<std::string> characters(const std::string &dataset) const;
  /// The names of the classes of a folder, in the order of their numbers; none
  /// of other data.
  std::vector<std::string> classNames(const std::string &dataset) const;
  /// What identifies the splits loaded so far, by stream.
  std::map<std::string, DatasetIdentity> identities() const;

private:
  void checkLevels(const Dataset &loaded) const;
  const plan::Dataset &specOf(const std::string &dataset) const;
  /// Where --data says that `spec` lies.
  std::optional<std::filesystem::path>
  replacementOf(const plan::Dataset &spec) const;

  const plan::Plan &plan;
  DataFolders folders;
  std::map<std::string, std::unique_ptr<Dataset>> splits; ///< by stream
};

/// Writes how many grey levels the files of `data` tell apart into the scalars
/// that ask for it.
void setLevels(Machine &machine, const Dataset &data);

/// Writes how many records the data sets have into the scalars that ask for it;
/// loads these sets.
void countRecords(Machine &machine, DataShelf &shelf);

} // namespace gmc::runtime

#endif // GMC_RUNTIME_TRAIN_DATASHELF_H
