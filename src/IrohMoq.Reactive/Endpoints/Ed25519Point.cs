using System.Globalization;
using System.Numerics;

namespace IrohMoq.Reactive.Endpoints;

/// <summary>Validates points of Edwards25519. The check is needed because NSec imports any 32 bytes as a public key.</summary>
internal static class Ed25519Point
{
    // The field's prime, 2^255 - 19.
    private static readonly BigInteger P = BigInteger.Pow(2, 255) - 19;

    // The curve is -x^2 + y^2 = 1 + d x^2 y^2 with d = -121665/121666.
    private static readonly BigInteger D =
        BigInteger.Parse("37095705934669439343138083508754565189542113879843219016388785533085940283555", CultureInfo.InvariantCulture);

    private static readonly BigInteger HalfOfPMinusOne = (P - 1) / 2;

    /// <summary>
    /// Determines whether 32 bytes decompress to a point, by the rules of curve25519-dalek: the sign bit is ignored, a y of p or more
    /// is taken modulo p, and x = 0 may have a sign. Weak points are not detected here, but when a signature is verified.
    /// </summary>
    /// <param name="bytes">The 32 bytes: y in little-endian order, with the sign of x in the top bit.</param>
    public static bool IsOnCurve(ReadOnlySpan<byte> bytes)
    {
        Span<byte> cleared = stackalloc byte[EndpointId.Size];
        bytes.CopyTo(cleared);
        cleared[^1] &= 0x7f;

        var y = new BigInteger(cleared, isUnsigned: true) % P;
        var squareOfY = y * y % P;
        var numerator = (squareOfY + P - 1) % P;
        var denominator = ((D * squareOfY) + 1) % P;

        // x^2 = numerator / denominator. The denominator is never 0, so the quotient is a square if and only if the product is a
        // square. Euler's criterion determines this with a single power.
        var power = BigInteger.ModPow(numerator * denominator % P, HalfOfPMinusOne, P);
        return power.IsZero || power.IsOne;
    }
}
