// RUN: gmc-opt %s --verify-diagnostics --cpu-schedule-kernels=lanes=0
// RUN: gmc-opt %s --verify-diagnostics --cpu-schedule-kernels=lanes=1
// RUN: gmc-opt %s --verify-diagnostics --cpu-schedule-kernels=lanes=3
// RUN: gmc-opt %s --verify-diagnostics --cpu-schedule-kernels=lanes=-8
// RUN: gmc-opt %s --verify-diagnostics --cpu-schedule-kernels=lanes=128

// Vectors are halved down to one lane, and half as many lanes are f64.
// expected-error @below {{lanes must be a power of two, from 2 to 64, not }}
module {
}
