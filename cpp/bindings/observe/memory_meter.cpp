#include "bindings/observe/memory_meter.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>

namespace flopscope::bindings {
namespace {

constexpr const char* k_capsule_name = "mem_handler";  // the one that NumPy looks for

// Arrays keep the capsule of the handler that made them, so this lives as long as the last of them.
struct Meter {
  PyDataMem_Handler handler;
  PyDataMem_Handler* base;  // NumPy's default
  std::atomic<std::uint64_t> now{0};
  std::atomic<std::uint64_t> peak{0};

  void add(std::size_t size) noexcept {
    const std::uint64_t live = now.fetch_add(size) + size;
    std::uint64_t known = peak.load();
    while (live > known && !peak.compare_exchange_weak(known, live)) {
    }
  }
  void remove(std::size_t size) noexcept {
    // NumPy tells the size of the array, which `resize` and reference tricks can have changed.
    std::uint64_t live = now.load();
    while (!now.compare_exchange_weak(live, live - std::min<std::uint64_t>(live, size))) {
    }
  }
};

Meter& meter_of(void* context) noexcept { return *static_cast<Meter*>(context); }
PyDataMemAllocator& base_of(void* context) noexcept { return meter_of(context).base->allocator; }

void* meter_malloc(void* context, std::size_t size) {
  void* memory = base_of(context).malloc(base_of(context).ctx, size);
  if (memory != nullptr) meter_of(context).add(size);
  return memory;
}

void* meter_calloc(void* context, std::size_t count, std::size_t size) {
  void* memory = base_of(context).calloc(base_of(context).ctx, count, size);
  if (memory != nullptr) meter_of(context).add(count * size);
  return memory;
}

void* meter_realloc(void* context, void* memory, std::size_t size) {
  // The old size is not told: growing is counted when the array is freed at its new size.
  return base_of(context).realloc(base_of(context).ctx, memory, size);
}

void meter_free(void* context, void* memory, std::size_t size) {
  meter_of(context).remove(size);
  base_of(context).free(base_of(context).ctx, memory, size);
}

void destroy(PyObject* capsule) {
  auto* handler = static_cast<PyDataMem_Handler*>(PyCapsule_GetPointer(capsule, k_capsule_name));
  if (handler != nullptr) delete static_cast<Meter*>(handler->allocator.ctx);
}

Meter* meter_in(const Ref& capsule) noexcept {
  if (!capsule) return nullptr;
  auto* handler =
      static_cast<PyDataMem_Handler*>(PyCapsule_GetPointer(capsule.get(), k_capsule_name));
  if (handler == nullptr) {
    PyErr_Clear();
    return nullptr;
  }
  return static_cast<Meter*>(handler->allocator.ctx);
}

}  // namespace

Ref make_memory_meter() {
  auto* base = static_cast<PyDataMem_Handler*>(
      PyCapsule_GetPointer(PyDataMem_DefaultHandler, k_capsule_name));
  if (base == nullptr) return {};
  auto* meter = new (std::nothrow) Meter{};
  if (meter == nullptr) {
    PyErr_NoMemory();
    return {};
  }
  meter->base = base;
  std::strncpy(meter->handler.name, "flopscope", sizeof(meter->handler.name) - 1);
  meter->handler.version = 1;
  meter->handler.allocator = {meter, meter_malloc, meter_calloc, meter_realloc, meter_free};
  Ref capsule = Ref::steal(PyCapsule_New(&meter->handler, k_capsule_name, destroy));
  if (!capsule) delete meter;
  return capsule;
}

LiveBytes live_bytes(const Ref& capsule) noexcept {
  const Meter* meter = meter_in(capsule);
  return meter == nullptr ? LiveBytes{} : LiveBytes{meter->now.load(), meter->peak.load()};
}

Ref install_memory_meter(const Ref& meter) { return Ref::steal(PyDataMem_SetHandler(meter.get())); }

bool restore_memory_handler(const Ref& handler) {
  return static_cast<bool>(Ref::steal(PyDataMem_SetHandler(handler.get())));
}

}  // namespace flopscope::bindings
