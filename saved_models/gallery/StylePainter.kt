// app/src/main/assets: gallery_512_float16.tflite and styles.txt.
// Gradle: implementation("com.google.ai.edge.litert:litert:1.4.0"), which brings org.tensorflow.lite;
// androidResources { noCompress += "tflite" }, so that the file can be mapped.
package tfnst

import android.content.Context
import android.graphics.Bitmap
import android.graphics.BitmapShader
import android.graphics.Canvas
import android.graphics.Matrix
import android.graphics.Paint
import android.graphics.Shader
import java.io.FileInputStream
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.channels.FileChannel
import kotlin.math.max
import kotlin.math.min
import kotlin.math.roundToInt
import org.tensorflow.lite.Interpreter

/** Paints bitmaps in the styles of gallery. It is for one thread, and not the main one. */
class StylePainter(context: Context, threads: Int = 4) : AutoCloseable {
    /** Names of the rows; the first is the photo. */
    val styles: List<String> =
        context.assets.open("styles.txt").bufferedReader().useLines { lines ->
            lines.filter { it.isNotBlank() }.toList()
        }

    private val interpreter: Interpreter =
        context.assets.openFd("gallery_512_float16.tflite").use { file ->
            FileInputStream(file.fileDescriptor).use { stream ->
                val mapped =
                    stream.channel.map(
                        FileChannel.MapMode.READ_ONLY,
                        file.startOffset,
                        file.declaredLength,
                    )
                Interpreter(mapped, Interpreter.Options().setNumThreads(threads))
            }
        }
    private val pixels = IntArray(SIDE * SIDE)
    private val image = floats(SIDE * SIDE * 3)
    private val stylized = floats(SIDE * SIDE * 3)

    /**
     * The photo, shrunk to 512 pixels, in a mixture: shares by name; strength 0 is the photo, 1 the
     * styles. What the camera gives lies on its side: [degrees] turns it, clockwise, as ExifInterface
     * or CameraX' rotationDegrees tell.
     * [stroke] is 0 for the finest strokes to 1 for the largest.
     */
    fun paint(
        photo: Bitmap,
        shares: Map<String, Float>,
        strength: Float = 1f,
        degrees: Int = 0,
        stroke: Float = 0.5f,
    ): Bitmap {
        require(stroke in 0f..1f) { "stroke $stroke" }
        // Canvas and getPixels cannot read a bitmap that lies in the memory of the GPU.
        val argb = Bitmap.Config.ARGB_8888
        val soft = if (photo.config == argb) photo else photo.copy(argb, false)
        val turn = Matrix()
        turn.postRotate(degrees.toFloat())
        val upright = Bitmap.createBitmap(soft, 0, 0, soft.width, soft.height, turn, true)
        val scale = min(1f, SIDE.toFloat() / max(upright.width, upright.height))
        val width = max(1, (upright.width * scale).roundToInt())
        val height = max(1, (upright.height * scale).roundToInt())
        val small = Bitmap.createScaledBitmap(upright, width, height, true)
        // Mirrored into the square, not stretched: strokes stay as they are.
        val square = Bitmap.createBitmap(SIDE, SIDE, Bitmap.Config.ARGB_8888)
        val fill = Paint()
        fill.shader = BitmapShader(small, Shader.TileMode.MIRROR, Shader.TileMode.MIRROR)
        Canvas(square).drawPaint(fill)
        square.getPixels(pixels, 0, SIDE, 0, 0, SIDE, SIDE)
        image.rewind()
        for (pixel in pixels) {
            image.putFloat((pixel shr 16 and 255) / 255f)
            image.putFloat((pixel shr 8 and 255) / 255f)
            image.putFloat((pixel and 255) / 255f)
        }
        image.rewind()
        stylized.rewind()
        interpreter.runSignature(
            mapOf(
                "image" to image,
                "style_weights" to arrayOf(weights(shares, strength)),
                "stroke" to arrayOf(floatArrayOf(stroke)),
            ),
            mapOf("stylized" to stylized),
            "serving_default",
        )
        stylized.rewind()
        for (place in pixels.indices) {
            val red = byte(stylized.getFloat())
            val green = byte(stylized.getFloat())
            val blue = byte(stylized.getFloat())
            pixels[place] = (255 shl 24) or (red shl 16) or (green shl 8) or blue
        }
        square.setPixels(pixels, 0, SIDE, 0, 0, SIDE, SIDE)
        return Bitmap.createBitmap(square, 0, 0, width, height)
    }

    private fun weights(shares: Map<String, Float>, strength: Float): FloatArray {
        val sum = shares.values.sum()
        require(sum > 0 && strength in 0f..1f) { "shares $shares, strength $strength" }
        val weights = FloatArray(styles.size)
        weights[0] = 1 - strength
        for ((name, share) in shares) {
            val row = styles.indexOf(name)
            require(row > 0 && share >= 0) { "style $name with share $share" }
            weights[row] = strength * share / sum
        }
        return weights
    }

    override fun close() = interpreter.close()

    private companion object {
        const val SIDE = 512

        fun floats(count: Int): ByteBuffer =
            ByteBuffer.allocateDirect(4 * count).order(ByteOrder.nativeOrder())

        fun byte(value: Float) = (255 * value).roundToInt().coerceIn(0, 255)
    }
}
