// The camera as a stream of pictures.

/** Why there is no camera, in one line. */
function reason(error) {
  if (error.name === "NotAllowedError") return "The camera is not allowed; permit it for this page.";
  if (error.name === "NotFoundError") return "There is no camera here.";
  if (error.name === "NotReadableError") return "The camera is in use by another program.";
  return `The camera cannot be opened: ${error.message}`;
}

export class Camera {
  constructor(video) {
    this.video = video;
    this.facing = "user";
    this.stream = null;
  }

  get on() {
    return this.stream !== null;
  }

  /** Whether the picture is shown as in a mirror, as people know themselves. */
  get mirrored() {
    const facing = this.stream?.getVideoTracks()[0]?.getSettings().facingMode;
    return (facing ?? this.facing) === "user";
  }

  /** Open it; an Error says in one line why it cannot be. Resolves to the number of cameras. */
  async start() {
    if (!navigator.mediaDevices?.getUserMedia) {
      throw new Error("The camera needs a page from https or from this machine itself.");
    }
    this.stop();
    try {
      const wanted = { facingMode: this.facing, width: { ideal: 1280 }, height: { ideal: 720 } };
      this.stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
    } catch (error) {
      throw new Error(reason(error));
    }
    this.video.srcObject = this.stream;
    await this.video.play();
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices.filter(({ kind }) => kind === "videoinput").length;
  }

  stop() {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.video.srcObject = null;
  }

  turn() {
    this.facing = this.facing === "user" ? "environment" : "user";
    return this.start();
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
