// The apps of this server, which may stand behind a meeting.

export interface AppInfo {
  name: string;
  title: string;
  about: string;
  personal?: boolean; // its page shows everybody their own
}

let asked: Promise<AppInfo[]> | undefined;

/** apps lists them, as the launcher does; none where the server doesn't answer, until it is asked again. */
export function apps(): Promise<AppInfo[]> {
  asked ??= fetch("/apps.json").then((res) => res.json() as Promise<AppInfo[]>).then((all) => all.filter((a) => a.name !== "hellowab"));
  asked.catch(() => (asked = undefined));
  return asked.catch(() => []);
}

export async function titleOf(app: string): Promise<string> {
  return (await apps()).find((a) => a.name === app)?.title ?? app;
}
