//===- Dump.h - a program as readable text ----------------------*- C++ -*-===//
#ifndef GMC_DSL_PROGRAM_DUMP_H
#define GMC_DSL_PROGRAM_DUMP_H

#include "dsl/program/Program.h"

#include <string>

namespace gmc::dsl {

/// Returns a type as text: `f32[400]{batch: 128}`, a single number as `f32`.
std::string dump(const Type &type);

/// Returns one body, a node a line: `%3 = add %1, %2 : f32[20]{batch: 128}`.
std::string dump(const Body &body);

/// Returns the whole program, in the order of its fields. The text is stable:
/// equal programs have equal dumps.
std::string dump(const Program &program);

} // namespace gmc::dsl

#endif // GMC_DSL_PROGRAM_DUMP_H
