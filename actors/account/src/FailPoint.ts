/** Places where a fault run kills the process. In the shipped program they do nothing; see FailPointArmed. */
export type FailPointName = "intent.committed" | "wire.sending" | "wire.answered"

export const failPoint = (_name: FailPointName, _clientOrderId: string): void => {}
