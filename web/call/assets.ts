/** Scripts that stand beside this one under /wab/ and are loaded when they are needed. */

declare const SEGMENT_FILE: string | undefined;
declare const TIMELINE_WORKER_FILE: string | undefined;

const here = import.meta.url;

/** segmentWorker finds people in pictures. */
export const segmentWorker = (): Worker => worker(typeof SEGMENT_FILE === "string" ? SEGMENT_FILE : "segment.js", {});

/** timelineWorker reads and writes the marks of frames. */
export const timelineWorker = (): Worker => worker(typeof TIMELINE_WORKER_FILE === "string" ? TIMELINE_WORKER_FILE : "timeline-worker.js", { type: "module" });

/** A page of another origin can't construct our worker by its URL; a blob that imports it serves there. */
function worker(file: string, options: WorkerOptions): Worker {
  const url = new URL(file, here);
  if (url.origin === location.origin) return new Worker(url, options);
  const load = options.type === "module" ? `import ${JSON.stringify(url.href)};` : `WAB_BASE=${JSON.stringify(url.href)};importScripts(WAB_BASE);`;
  const blob = URL.createObjectURL(new Blob([load], { type: "text/javascript" }));
  const w = new Worker(blob, options);
  setTimeout(() => URL.revokeObjectURL(blob), 60_000);
  return w;
}
