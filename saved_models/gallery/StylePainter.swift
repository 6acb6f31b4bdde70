// In the app's bundle: gallery_512_float16.tflite and styles.txt. CocoaPods: pod 'TensorFlowLiteSwift', '~> 2.17'
import TensorFlowLite
import UIKit

enum StylePainterError: Error {
  case missing(String)
  case unknownStyle(String)
  case noMixture
  case noStroke
  case noPicture
}

/// Paints pictures in the styles of gallery. It is for one queue, and not the main one.
final class StylePainter {
  /// Names of the rows; the first is the photo.
  let styles: [String]

  private static let side = 512
  private let interpreter: Interpreter

  init(bundle: Bundle = .main, threads: Int = 4) throws {
    let name = ("gallery_512_float16.tflite" as NSString).deletingPathExtension
    guard let model = bundle.path(forResource: name, ofType: "tflite") else {
      throw StylePainterError.missing("gallery_512_float16.tflite")
    }
    guard let names = bundle.path(forResource: "styles", ofType: "txt") else {
      throw StylePainterError.missing("styles.txt")
    }
    styles = try String(contentsOfFile: names, encoding: .utf8)
      .split(separator: "\n").map(String.init)
    var options = Interpreter.Options()
    options.threadCount = threads
    interpreter = try Interpreter(modelPath: model, options: options)
    try interpreter.allocateTensors()
  }

  /// The photo, shrunk to 512 pixels, in a mixture: shares by name; strength 0 is the photo, 1 the styles.
  /// Stroke is 0 for the finest strokes to 1 for the largest.
  func paint(
    _ photo: UIImage, shares: [String: Float], strength: Float = 1, stroke: Float = 0.5
  ) throws -> UIImage {
    guard (0...1).contains(stroke) else { throw StylePainterError.noStroke }
    let side = Self.side
    // In pixels: the size of a UIImage is in points.
    let pixels = CGSize(
      width: photo.size.width * photo.scale, height: photo.size.height * photo.scale)
    let scale = min(1, CGFloat(side) / max(pixels.width, pixels.height))
    let width = max(1, Int((pixels.width * scale).rounded()))
    let height = max(1, Int((pixels.height * scale).rounded()))
    let bytes = try squareBytes(of: photo, width: width, height: height)
    var image = [Float32](repeating: 0, count: 3 * side * side)
    for pixel in 0..<(side * side) {
      for channel in 0..<3 {
        image[3 * pixel + channel] = Float32(bytes[4 * pixel + channel]) / 255
      }
    }
    let weights = try rowWeights(shares, strength)
    // By shape, for tensors have no order that lasts.
    for index in 0..<interpreter.inputTensorCount {
      let shape = try interpreter.input(at: index).shape.dimensions
      let values = shape.count == 4 ? image : shape[1] == 1 ? [stroke] : weights
      try interpreter.copy(values.withUnsafeBufferPointer { Data(buffer: $0) }, toInputAt: index)
    }
    try interpreter.invoke()
    let (context, result) = try Self.canvas(side, side)
    try interpreter.output(at: 0).data.withUnsafeBytes { (raw: UnsafeRawBufferPointer) in
      let floats = raw.bindMemory(to: Float32.self)
      for pixel in 0..<(side * side) {
        for channel in 0..<3 {
          let value = min(max(floats[3 * pixel + channel], 0), 1)
          result[4 * pixel + channel] = UInt8((255 * value).rounded())
        }
      }
    }
    let part = CGRect(x: 0, y: 0, width: width, height: height)
    guard let painted = context.makeImage()?.cropping(to: part) else {
      throw StylePainterError.noPicture
    }
    return UIImage(cgImage: painted)
  }

  private func rowWeights(_ shares: [String: Float], _ strength: Float) throws -> [Float32] {
    let sum = shares.values.reduce(0, +)
    guard sum > 0, (0...1).contains(strength) else { throw StylePainterError.noMixture }
    var weights = [Float32](repeating: 0, count: styles.count)
    weights[0] = 1 - strength
    for (name, share) in shares {
      guard let row = styles.firstIndex(of: name), row > 0, share >= 0 else {
        throw StylePainterError.unknownStyle(name)
      }
      weights[row] = strength * share / sum
    }
    return weights
  }

  /// RGBA of the square whose upper left holds the photo, mirrored beyond: strokes are not stretched.
  private func squareBytes(of photo: UIImage, width: Int, height: Int) throws -> [UInt8] {
    let side = Self.side
    let format = UIGraphicsImageRendererFormat()
    format.scale = 1
    format.opaque = true
    let size = CGSize(width: width, height: height)
    // Drawing a UIImage turns it upright, which its CGImage need not be.
    let upright = UIGraphicsImageRenderer(size: size, format: format).image { _ in
      photo.draw(in: CGRect(origin: .zero, size: size))
    }
    let (context, small) = try Self.canvas(width, height)
    guard let source = upright.cgImage else { throw StylePainterError.noPicture }
    context.draw(source, in: CGRect(origin: .zero, size: size))
    var bytes = [UInt8](repeating: 255, count: 4 * side * side)
    for y in 0..<side {
      let fromY = Self.mirrored(y, height)
      for x in 0..<side {
        let from = 4 * (fromY * width + Self.mirrored(x, width))
        for channel in 0..<3 {
          bytes[4 * (y * side + x) + channel] = small[from + channel]
        }
      }
    }
    // The context owns what `small` points to.
    return withExtendedLifetime(context) { bytes }
  }

  /// A context, and its RGBX bytes from the upper left, which live as long as it does.
  private static func canvas(
    _ width: Int, _ height: Int
  ) throws -> (CGContext, UnsafeMutablePointer<UInt8>) {
    guard
      let space = CGColorSpace(name: CGColorSpace.sRGB),
      let context = CGContext(
        data: nil, width: width, height: height, bitsPerComponent: 8, bytesPerRow: 4 * width,
        space: space, bitmapInfo: CGImageAlphaInfo.noneSkipLast.rawValue),
      let bytes = context.data
    else { throw StylePainterError.noPicture }
    return (context, bytes.bindMemory(to: UInt8.self, capacity: 4 * width * height))
  }

  private static func mirrored(_ place: Int, _ size: Int) -> Int {
    let around = place % (2 * size)
    return around < size ? around : 2 * size - 1 - around
  }
}
