/** Three talk as one: each side hears the agent's microphone and the other side, mixed in this browser. */
export class Mixer {
  private readonly context = new AudioContext()
  private readonly toFirst = this.context.createMediaStreamDestination()
  private readonly toSecond = this.context.createMediaStreamDestination()
  private microphone: MediaStreamAudioSourceNode | null = null

  constructor(microphone: MediaStream, first: MediaStream, second: MediaStream) {
    this.context.createMediaStreamSource(first).connect(this.toSecond)
    this.context.createMediaStreamSource(second).connect(this.toFirst)
    this.speak(microphone)
    if (this.context.state === 'suspended') void this.context.resume()
  }

  /** Another microphone takes the place of the one before. */
  speak(microphone: MediaStream): void {
    this.microphone?.disconnect()
    this.microphone = this.context.createMediaStreamSource(microphone)
    this.microphone.connect(this.toFirst)
    this.microphone.connect(this.toSecond)
  }

  /** What each side is sent. */
  get tracks(): readonly [MediaStreamTrack | undefined, MediaStreamTrack | undefined] {
    return [this.toFirst.stream.getAudioTracks()[0], this.toSecond.stream.getAudioTracks()[0]]
  }

  close(): void {
    void this.context.close()
  }
}

/** A voice that says nothing: for codes that the phone dials for a button, with or without a microphone. */
export function silence(): { stream: MediaStream; close: () => void } {
  const context = new AudioContext()
  const { stream } = context.createMediaStreamDestination()
  return { stream, close: () => void context.close() }
}
