// The page of the test of DeviceDialog: its button registers a device with a token made up here.
import { registerDevice } from "../parts/device.ts";

const dialog = document.querySelector<HTMLDialogElement>("[data-device-dialog]")!;
const said = document.querySelector("output")!;
const token = async (name: string): Promise<string> => {
  if (name === "taken") throw new Error("There are 64 devices already.");
  return `eyJ.${name.repeat(150)}.sig`;
};

document.querySelector("[data-register]")!.addEventListener("click", async () => {
  const name = await registerDevice(dialog, { app: "house", ca: "alice/home", token, name: "lamp" });
  said.textContent = `registered ${name ?? "nothing"}`;
});
