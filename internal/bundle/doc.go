// Package bundle is Timed Bundles: lists of commands that a device runs at instants that were set beforehand, on the server's clock.
//
// # Bundles
//
// A Bundle starts at an absolute instant, or on arrival; each of its commands follows the one before at a distance. It travels whole, as
// one CBOR value, so that a device has all of it or nothing: from then on it needs no network to keep the time.
//
// Or it starts with a Moment: the instant in a member's video, in a call, at which an action was made. Its absolute instant is then the deadline, at which it starts without. A device
// that shows the video knows better than any clock when the frame comes that was captured then; one that doesn't has the deadline.
//
// # The scheduler
//
// A Scheduler is a device's: it takes bundles as they arrive, says what to run and when, and tells what became of each, once.
//
//   - Instants add up from the bundle's start, on the server's clock as it is estimated at that moment: corrections of the clock take effect
//     at once, and nothing drifts. Whatever steps the clock makes, no command runs twice, and none before its instant.
//   - A bundle takes over from the one that runs at its own start, not at its receipt. Of bundles with the same start, the one that came last.
//     One that was to start before another that has started is replaced already.
//   - A command that is late by more than the tolerance is dropped with the rest, run at once, or left out, by the bundle's policy. A bundle
//     that would have nothing left to run, or has expired, or asks for a better clock, doesn't start, and replaces nothing.
//   - The recovery of a bundle that started and did not get done always runs, whole and before anything that a later bundle runs: it
//     keeps its distances as long as nothing else is due. Of a bundle that did not start because it was late, or because of the clock, it runs
//     if nothing else does. Failures of a recovery are not told.
//   - What starts on arrival does so as soon as no other command runs, and is not late by that. It keeps its distances when the
//     clock is set back.
//   - A bundle with a moment starts when the driver tells of the moment (Scheduler.Moment), or at its deadline, whichever is first, and once. What starts with its moment is not late, needs no
//     good clock and keeps its distances, like what starts on arrival; it takes over then. The scheduler forgets what nobody waits for: of a moment that has come before its bundle the driver
//     tells again, once the bundle is added. After the deadline a moment changes nothing. The end tells the method, and how far off it was.
//   - A bundle that runs beside others (Beside) replaces nothing, and nothing replaces it: its commands run one right after the other as soon as no other command runs, before what else is due
//     then, but for recoveries. It has no distances. So commands that people give do not undo each other, or what an app has planned.
//   - One command runs at a time; the next one waits for it, and may be late by that.
//   - A bundle with a command that the device doesn't have runs not at all.
//
// Ids are known for as long as the Scheduler lives. A device that has been started anew may run a bundle a second time if it hadn't reported
// it, and the bundle's policy lets it run late.
//
// # Limits
//
// A bundle has at most 1,000 commands, those of its recovery included, in 64 KiB when encoded, and lasts 24 h at most; so does its recovery.
// At most 256 bundles wait on a device for their starts. Their ids are known, and of those that are over the last 1,000.
// Instants are before the year 10000. What goes beyond is refused with a *wire.Error.
//
// The package is pure and belongs to the browser core.
package bundle
