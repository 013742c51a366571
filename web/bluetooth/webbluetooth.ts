/** The part of Web Bluetooth that is used here, as TypeScript's own library doesn't have it: https://webbluetoothcg.github.io/web-bluetooth/ */

export interface Bluetooth {
  getAvailability?(): Promise<boolean>;
  requestDevice(options: RequestOptions): Promise<BluetoothDevice>;
}

export interface RequestOptions {
  filters?: readonly { services?: readonly string[]; name?: string; namePrefix?: string }[];
  acceptAllDevices?: boolean;
  optionalServices?: readonly string[];
}

export interface BluetoothDevice extends EventTarget {
  readonly id: string;
  readonly name?: string | undefined;
  readonly gatt?: GATTServer | undefined;
}

export interface GATTServer {
  readonly connected: boolean;
  connect(): Promise<GATTServer>;
  disconnect(): void;
  getPrimaryServices(): Promise<readonly GATTService[]>;
}

export interface GATTService {
  readonly uuid: string;
  getCharacteristics(): Promise<readonly GATTCharacteristic[]>;
}

export interface GATTCharacteristic extends EventTarget {
  readonly uuid: string;
  readonly properties: { readonly read: boolean; readonly write: boolean; readonly writeWithoutResponse: boolean; readonly notify: boolean; readonly indicate: boolean };
  readonly value?: DataView | null | undefined;
  readValue(): Promise<DataView>;
  writeValueWithResponse(value: Uint8Array): Promise<void>;
  writeValueWithoutResponse(value: Uint8Array): Promise<void>;
  startNotifications(): Promise<unknown>;
  stopNotifications(): Promise<unknown>;
}

declare global {
  interface Navigator {
    readonly bluetooth?: Bluetooth;
  }
}
