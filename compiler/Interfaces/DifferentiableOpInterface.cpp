//===- DifferentiableOpInterface.cpp - definitions from TableGen ----------===//
#include "compiler/Interfaces/DifferentiableOpInterface.h"

#include "compiler/Interfaces/DifferentiableOpInterface.cpp.inc"
