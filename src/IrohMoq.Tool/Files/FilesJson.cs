using System.Text.Json.Serialization;

namespace IrohMoq.Tool.Files;

/// <summary>Provides the JSON form of the messages of a file transfer, generated at compile time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ManifestHeader))]
[JsonSerializable(typeof(FileEntry))]
[JsonSerializable(typeof(FileRequest))]
[JsonSerializable(typeof(FileStart))]
[JsonSerializable(typeof(FileEnd))]
[JsonSerializable(typeof(FileFailure))]
[JsonSerializable(typeof(TransferResult))]
internal sealed partial class FilesJson : JsonSerializerContext;
