using System.Diagnostics;
using System.Security.Cryptography;
using IrohMoq.Reactive.Endpoints;
using NSec.Cryptography;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents the secret key of a peer: an Ed25519 key whose public part is the <see cref="EndpointId"/>. The secret part is kept in
/// guarded memory, and can be read only with <see cref="CopySecretTo"/>. This class is thread-safe.
/// </summary>
[DebuggerDisplay("{ToString(),nq}")]
#pragma warning disable CA1001 // The guarded memory has a finalizer, and a key usually lives as long as its program.
public sealed class SecretKey
#pragma warning restore CA1001
{
    /// <summary>The length of the secret in bytes: 32.</summary>
    public const int Size = 32;

    /// <summary>The length of a signature in bytes: 64.</summary>
    public const int SignatureSize = 64;

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private readonly Key _key;

    private SecretKey(ReadOnlySpan<byte> seed)
    {
        _key = Key.Import(
            SignatureAlgorithm.Ed25519,
            seed,
            KeyBlobFormat.RawPrivateKey,
            new KeyCreationParameters { ExportPolicy = KeyExportPolicies.AllowPlaintextExport });
        Id = new EndpointId(_key.PublicKey.Export(KeyBlobFormat.RawPublicKey));
    }

    /// <summary>Gets the public key, which identifies the peer.</summary>
    public EndpointId Id { get; }

    /// <summary>Generates a new key with the random number generator of the operating system.</summary>
    public static SecretKey Generate()
    {
        Span<byte> seed = stackalloc byte[Size];
        try
        {
            RandomNumberGenerator.Fill(seed);
            return new SecretKey(seed);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }

    /// <summary>Creates a key from the 32 bytes of its secret (the seed of RFC 8032). Any 32 bytes are valid.</summary>
    /// <param name="seed">Exactly 32 bytes, which are copied.</param>
    /// <exception cref="FormatException">The length is not 32.</exception>
    public static SecretKey FromBytes(ReadOnlySpan<byte> seed) =>
        seed.Length == Size
            ? new SecretKey(seed)
            : throw new FormatException($"Not a secret key: {Size} bytes are expected, not {seed.Length}.");

    /// <summary>Parses a secret key: 64 lower-case hex digits, or 52 base32 digits (RFC 4648, no padding) in either case.</summary>
    /// <param name="text">The text, without surrounding white space.</param>
    /// <exception cref="FormatException">
    /// The text has neither form. The message states the reason, but does not quote the text.
    /// </exception>
    public static SecretKey Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Parse(text.AsSpan());
    }

    /// <summary>
    /// Loads the key from a file. If the file does not exist, it is created with a new key, so that a program keeps its identity. The
    /// file contains 64 hex digits, and only its owner may read and write it. If several programs create the file at once, all of them
    /// get the same key.
    /// </summary>
    /// <param name="path">The path of the file; its folder must exist.</param>
    /// <exception cref="UnauthorizedAccessException">The file may not be opened, or users other than its owner can open it.</exception>
    /// <exception cref="InvalidDataException">The file contains no key.</exception>
    /// <exception cref="IOException">The file cannot be read or created.</exception>
    public static SecretKey LoadOrCreate(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return SecretKeyFile.LoadOrCreate(path);
    }

    /// <summary>Signs a message with the key.</summary>
    /// <param name="message">The message, of any length.</param>
    /// <returns>The signature of 64 bytes, which is the same for the same key and message.</returns>
    public byte[] Sign(ReadOnlySpan<byte> message) => SignatureAlgorithm.Ed25519.Sign(_key, message);

    /// <summary>Copies the secret. Anyone who has the secret can act as this peer, so clear the copy after use.</summary>
    /// <param name="destination">The memory for the secret, with a length of at least 32 bytes.</param>
    public void CopySecretTo(Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, Size, nameof(destination));
        if (!_key.TryExport(KeyBlobFormat.RawPrivateKey, destination[..Size], out _))
            throw new CryptographicException("The secret could not be copied out of its guarded memory.");
    }

    /// <summary>Returns the first digits of the ID, never the secret: <c>SecretKey(3b6a27bcce…)</c>.</summary>
    public override string ToString() => $"{nameof(SecretKey)}({Id.ToShortString()}…)";

    internal static SecretKey Parse(ReadOnlySpan<char> text)
    {
        Span<byte> seed = stackalloc byte[Size];
        try
        {
            return KeyText.TryDecode(text, seed, out var problem)
                ? new SecretKey(seed)
                : throw new FormatException($"Not a secret key: {problem}.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }
}
