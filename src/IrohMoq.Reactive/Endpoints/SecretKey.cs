using System.Diagnostics;
using System.Security.Cryptography;
using IrohMoq.Reactive.Endpoints;
using NSec.Cryptography;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents the secret key of a peer: an Ed25519 key, whose public half is the <see cref="EndpointId"/>. The secret half is kept in
/// guarded memory and can be read by <see cref="CopySecretTo"/> only. Safe for use by several threads.
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

    /// <summary>Gets the public half.</summary>
    public EndpointId Id { get; }

    /// <summary>Generates a new key from the random numbers of the operating system.</summary>
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
    /// <param name="seed">Exactly 32 bytes; copied.</param>
    /// <exception cref="FormatException">There are not 32 bytes.</exception>
    public static SecretKey FromBytes(ReadOnlySpan<byte> seed) =>
        seed.Length == Size
            ? new SecretKey(seed)
            : throw new FormatException($"Not a secret key: {Size} bytes are expected, not {seed.Length}.");

    /// <summary>Parses a secret: 64 hex digits in lower case, or 52 digits of base32 (RFC 4648, no padding) in either case.</summary>
    /// <param name="text">The text, without white space around it.</param>
    /// <exception cref="FormatException">The text is neither. The message says what is wrong and quotes nothing.</exception>
    public static SecretKey Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Parse(text.AsSpan());
    }

    /// <summary>
    /// Loads the key of a file, or creates the file with a new key if it does not exist, so that a program keeps its identity. The file
    /// holds 64 hex digits and may be read and written by its owner only. If several programs create it at once, all get the same key.
    /// </summary>
    /// <param name="path">The file; its folder must exist.</param>
    /// <exception cref="UnauthorizedAccessException">The file may not be opened, or other users than its owner can open it.</exception>
    /// <exception cref="InvalidDataException">The file contains no key.</exception>
    /// <exception cref="IOException">The file cannot be read or created.</exception>
    public static SecretKey LoadOrCreate(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return SecretKeyFile.LoadOrCreate(path);
    }

    /// <summary>Signs a message.</summary>
    /// <param name="message">The message, of any length.</param>
    /// <returns>The signature, 64 bytes; the same for the same key and message.</returns>
    public byte[] Sign(ReadOnlySpan<byte> message) => SignatureAlgorithm.Ed25519.Sign(_key, message);

    /// <summary>Copies the secret. Anyone who has it can act as this peer, so clear the copy after use.</summary>
    /// <param name="destination">At least 32 bytes.</param>
    public void CopySecretTo(Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, Size, nameof(destination));
        if (!_key.TryExport(KeyBlobFormat.RawPrivateKey, destination[..Size], out _))
            throw new CryptographicException("The secret could not be copied out of its guarded memory.");
    }

    /// <summary>Returns the beginning of the id, never the secret: <c>SecretKey(3b6a27bcce…)</c>.</summary>
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
