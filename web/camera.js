// The camera as a stream of pictures.

/** Why there is no camera, in one line. */
function reason(error) {
  if (error.name === "NotAllowedError") return "The camera is not allowed; permit it for this page.";
  if (error.name === "NotFoundError") return "There is no camera here.";
  if (error.name === "NotReadableError") return "The camera is in use by another program.";
  return `The camera cannot be opened: ${error.message}`;
}

export class Camera {
  /** `ended` is called when the stream ends by itself. */
  constructor(video, ended) {
    this.video = video;
    this.ended = ended;
    this.facing = "user";
    this.wanted = false;
    this.stream = null;
    this.starts = 0; // and stops: what comes late finds that it is not wanted any more
  }

  /** Whether there are pictures. */
  get on() {
    return this.stream !== null && this.video.videoWidth > 0;
  }

  /** Whether the picture is shown as in a mirror, as people know themselves. */
  get mirrored() {
    const facing = this.stream?.getVideoTracks()[0]?.getSettings().facingMode;
    return (facing ?? this.facing) === "user";
  }

  /**
   * Open it. The number of cameras, or null if something else was wanted meanwhile; an Error says in
   * one line why it cannot be.
   */
  async start() {
    this.stop();
    const mine = this.starts;
    this.wanted = true;
    try {
      const stream = await this.#open();
      if (mine !== this.starts) {
        release(stream);
        return null;
      }
      this.stream = stream;
      const over = () => this.stream === stream && this.ended();
      stream.getVideoTracks()[0].addEventListener("ended", over);
      this.video.srcObject = stream;
      await this.video.play();
      const devices = await navigator.mediaDevices.enumerateDevices();
      const count = devices.filter(({ kind }) => kind === "videoinput").length;
      return mine === this.starts ? count : null;
    } catch (error) {
      if (mine !== this.starts) return null;
      this.stop();
      throw error instanceof DOMException ? new Error(reason(error)) : error;
    }
  }

  #open() {
    if (!navigator.mediaDevices?.getUserMedia) {
      throw new Error("The camera needs a page from https or from this machine itself.");
    }
    const wanted = { facingMode: this.facing, width: { ideal: 1280 }, height: { ideal: 720 } };
    return navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
  }

  stop() {
    this.starts++;
    this.wanted = false;
    if (this.stream) release(this.stream);
    this.stream = null;
    this.video.srcObject = null;
  }

  turn() {
    const before = this.facing;
    this.facing = before === "user" ? "environment" : "user";
    return this.start().catch((error) => {
      this.facing = before;
      throw error;
    });
  }

  /** The picture of this moment, (width, height) in pixels. */
  frame([width, height]) {
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d");
    if (this.mirrored) {
      context.translate(width, 0);
      context.scale(-1, 1);
    }
    context.drawImage(this.video, 0, 0, width, height);
    return canvas.transferToImageBitmap();
  }
}

function release(stream) {
  for (const track of stream.getTracks()) track.stop();
}
