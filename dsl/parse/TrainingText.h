//===- TrainingText.h - what of a text decides how it trains ----*- C++ -*-===//
#ifndef GMC_DSL_PARSE_TRAININGTEXT_H
#define GMC_DSL_PARSE_TRAININGTEXT_H

#include "dsl/ast/File.h"
#include "dsl/base/SourceFile.h"

#include <string>

namespace gmc::dsl {

/// Returns the words of `source`, whose declarations `file` are, without
/// procedures, reports, comments, blank lines and spacing: texts for which it
/// is the same train alike, so a checkpoint of one is one of the other. Lines
/// stay, since where one ends can mean something.
std::string trainingText(const SourceFile &source, const ast::File &file);

} // namespace gmc::dsl

#endif // GMC_DSL_PARSE_TRAININGTEXT_H
