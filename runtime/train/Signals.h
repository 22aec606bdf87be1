//===- Signals.h - being asked to stop --------------------------*- C++ -*-===//
//
// The first SIGINT, SIGTERM or SIGHUP asks the trainer to finish its step and
// save; the second one ends it at once. Both give the exit code 128 + n.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_TRAIN_SIGNALS_H
#define GMC_RUNTIME_TRAIN_SIGNALS_H

namespace gmc::runtime {

/// Catches the signals above for the rest of the program. SIGHUP stays ignored
/// where it was (nohup).
void catchStopSignals();

/// The signal that asked to stop, 0 if none has come.
int stopSignal();

/// Ignores SIGPIPE and SIGXFSZ, so that they arrive as errors of write(2), and
/// opens /dev/null for standard streams that the caller closed, so that no file
/// of the run takes their number.
void guardStandardStreams();

} // namespace gmc::runtime

#endif // GMC_RUNTIME_TRAIN_SIGNALS_H
